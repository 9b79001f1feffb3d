import { createHash } from 'node:crypto';
import { IMPORT_HEADER, JUNK_IDS_HEADER, type LogRecord, type ProduceRecord, RECEIVED_AT_HEADER } from './port.ts';

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
  /** How many optional ids the collector had left out. */
  junkIds: number;
  /** Of what failed again after a replay: the identity of the letter that was first. */
  replayOf: string | null;
};

export type DeadLetterOrigin = { topic: string; topicEpoch: string; partition: number; offset: bigint };

/** `code` is of the closed list of reject codes; `field` is empty for the event as a whole. */
/** The identity of a letter, `topicEpoch/partition/offset` of its origin. */
export const letterId = ({ topicEpoch, partition, offset }: Omit<DeadLetterOrigin, 'topic'>): string =>
  `${topicEpoch}/${partition}/${offset}`;

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
/** On a record that is a replay: the identity of the letter that was first. */
const REPLAY_HEADER = 'cartledger-replay-of';
const LETTER_ID = /^[^/\s]{1,100}\/\d{1,9}\/\d{1,19}$/;

/** Ours are short; a sender's larger one could make the letter too large even as a stub. */
const MAX_KEPT_HEADER_BYTES = 64;

/** Anybody may write to the topic: what is no identity is none. */
const replayOf = ({ headers }: LogRecord): string | null => {
  const id = headers[REPLAY_HEADER]?.toString('utf8');
  return id !== undefined && LETTER_ID.test(id) ? id : null;
};

const optional = (name: string, value: string | null): Record<string, string> =>
  value === null ? {} : { [name]: value };

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
    ...keptHeader(record, JUNK_IDS_HEADER),
    ...optional(REPLAY_HEADER, replayOf(record)),
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
    junkIds: /^\d{1,3}$/.test(text(JUNK_IDS_HEADER) ?? '') ? Number(text(JUNK_IDS_HEADER)) : 0,
    replayOf: replayOf(record),
  };
};

/**
 * The delivery that the letter holds, once more for the events' topic: the same bytes, received when they were first, so
 * that it counts as it would have. `value`: the letter's own bytes, or of a stub those found at its origin.
 */
export const encodeReplay = (letter: DeadLetter, { key, value }: Pick<DeadLetter, 'key' | 'value'>): ProduceRecord => ({
  key: key ?? '',
  value,
  headers: {
    ...optional(RECEIVED_AT_HEADER, letter.received_at === null ? null : String(letter.received_at)),
    ...optional(IMPORT_HEADER, letter.imported ? '1' : null),
    ...optional(JUNK_IDS_HEADER, letter.junkIds === 0 ? null : String(letter.junkIds)),
    [REPLAY_HEADER]: letter.replayOf ?? letterId(letter.origin),
  },
});

/** Whether the bytes are those that a stub stands for. */
export const isStubOf = (stub: NonNullable<DeadLetter['stub']>, value: Buffer | null): boolean => {
  const bytes = value ?? Buffer.alloc(0);
  return bytes.length === stub.bytes && createHash('sha256').update(bytes).digest('hex') === stub.sha256;
};
