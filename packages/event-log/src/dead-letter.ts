import { createHash } from 'node:crypto';
import { IMPORT_HEADER, type LogRecord, type ProduceRecord, RECEIVED_AT_HEADER } from './port.ts';

/**
 * What the dead-letter topic holds: the original key, bytes and Cartledger's own headers, so that a replay is the
 * same delivery, and beside them why and where from. One is identified by its origin: a repeated batch writes it
 * again under the same identity.
 */
export type DeadLetter = {
  origin: DeadLetterOrigin;
  reason: DeadLetterReason;
  key: Buffer | null;
  /** The original bytes; null when there were none, or when only a stub was kept. */
  value: Buffer | null;
  /** Of what was too large for the topic: its digest, to be found again at its origin. */
  stub: { sha256: string; bytes: number } | null;
  /** ms UTC: as the delivery had it, else the timestamp of its record; null when neither is a time. */
  received_at: number | null;
  imported: boolean;
};

export type DeadLetterOrigin = { topic: string; topicEpoch: string; partition: number; offset: bigint };

/** `code` is of the closed list of reject codes; `field` is empty for the event as a whole. */
export type DeadLetterReason = { code: string; field: string; message: string };

const HEADER = {
  code: 'cartledger-reason',
  field: 'cartledger-field',
  message: 'cartledger-message',
  topic: 'cartledger-origin-topic',
  topicEpoch: 'cartledger-origin-epoch',
  partition: 'cartledger-origin-partition',
  offset: 'cartledger-origin-offset',
  stub: 'cartledger-stub',
} as const;

const NO_KEY_HEADER = 'cartledger-origin-no-key';

/** Ours are short; a sender's larger one could make the letter too large even as a stub. */
const MAX_KEPT_HEADER_BYTES = 64;

const keptHeader = (record: LogRecord, name: string): Record<string, Buffer> => {
  const value = record.headers[name];
  return value === undefined || value.length > MAX_KEPT_HEADER_BYTES ? {} : { [name]: value };
};

/** The record of the dead-letter topic for a record that cannot be taken. */
export const encodeDeadLetter = (
  record: LogRecord,
  origin: Omit<DeadLetterOrigin, 'partition' | 'offset'>,
  reason: DeadLetterReason,
): ProduceRecord => ({
  key: record.key ?? '',
  value: record.value,
  headers: {
    // A delivery without a time of receipt of its own counts by the record's timestamp, after a replay too.
    [RECEIVED_AT_HEADER]: String(record.timestamp),
    ...keptHeader(record, RECEIVED_AT_HEADER),
    ...keptHeader(record, IMPORT_HEADER),
    [HEADER.code]: reason.code,
    [HEADER.field]: reason.field,
    [HEADER.message]: reason.message,
    [HEADER.topic]: origin.topic,
    [HEADER.topicEpoch]: origin.topicEpoch,
    [HEADER.partition]: String(record.partition),
    [HEADER.offset]: String(record.offset),
    ...(record.key === null && { [NO_KEY_HEADER]: '1' }),
  },
});

/** The same letter without its bytes: what remains of a record that is too large for the topic. */
export const toStub = ({ value, headers }: ProduceRecord): ProduceRecord => {
  const bytes = value ?? Buffer.alloc(0);
  const stub = JSON.stringify({ sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
  // The key may be what is too large.
  return { key: '', value: null, headers: { ...headers, [HEADER.stub]: stub } };
};

const parseStub = (text: string | undefined): DeadLetter['stub'] => {
  if (text === undefined) return null;
  try {
    const stub: unknown = JSON.parse(text);
    if (typeof stub !== 'object' || stub === null || !('sha256' in stub) || !('bytes' in stub)) return null;
    return { sha256: String(stub.sha256), bytes: Number(stub.bytes) };
  } catch {
    return null; // written by somebody else: the letter is then one without bytes
  }
};

/** Reads a record of the dead-letter topic; null for one that was not written by encodeDeadLetter. */
export const decodeDeadLetter = (record: LogRecord): DeadLetter | null => {
  const text = (name: string) => record.headers[name]?.toString('utf8');
  const [code, topic, topicEpoch] = [text(HEADER.code), text(HEADER.topic), text(HEADER.topicEpoch)];
  const [partition, offset] = [text(HEADER.partition), text(HEADER.offset)];
  if (code === undefined || topic === undefined || topicEpoch === undefined) return null;
  if (!/^\d{1,9}$/.test(partition ?? '') || !/^\d{1,19}$/.test(offset ?? '')) return null;
  const received = text(RECEIVED_AT_HEADER);
  return {
    origin: { topic, topicEpoch, partition: Number(partition), offset: BigInt(offset ?? '') },
    reason: { code, field: text(HEADER.field) ?? '', message: text(HEADER.message) ?? '' },
    key: text(NO_KEY_HEADER) === undefined ? record.key : null,
    value: record.value,
    stub: parseStub(text(HEADER.stub)),
    received_at: received !== undefined && /^\d{1,15}$/.test(received) ? Number(received) : null,
    imported: text(IMPORT_HEADER) === '1',
  };
};
