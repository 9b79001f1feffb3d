import { RECEIVED_AT_HEADER } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import type { JournalEntry } from '../log/broker.ts';
import { NUMBER_HEADER, type Sent, type Verdict } from '../shop.ts';

/** A record of the log as it has to be understood. */
export type Delivery = {
  readonly entry: JournalEntry;
  /** `epoch/partition/offset` */
  readonly identity: string;
  readonly verdict: Verdict;
  /** That of the event, whoever sent it how often; null for bytes that are none. */
  readonly event: { key: string; store_id: string; event_id: string; visitor_id: string } | null;
  readonly store_id: string;
  readonly received_at: number;
  readonly payload_hash: bigint;
  /** Taken away before any commit covered it: whether it was taken in is nobody's fault. */
  readonly isLost: boolean;
};

export const identityOf = (epoch: string, partition: number, offset: bigint | number): string =>
  `${epoch}/${partition}/${offset}`;

const monthOf = (occurred_at: unknown): string => new Date(Number(occurred_at)).toISOString().slice(0, 7);

const keyOf = (store_id: unknown, visitor_id: unknown, event_id: unknown, occurred_at: unknown): string =>
  `${store_id} ${visitor_id} ${event_id} ${monthOf(occurred_at)}`;

export type Truth = {
  readonly of: (entry: JournalEntry) => Delivery;
  readonly all: () => readonly Delivery[];
  /** Of an identity that a row says it has. */
  readonly find: (identity: string) => Delivery | undefined;
};

/** What stands in the log, understood by what its senders know of it and never by the product's own parser. */
export const createTruth = (
  journal: readonly JournalEntry[],
  sent: readonly Sent[],
  { topic, hasher }: { topic: string; hasher: Hasher },
): Truth => {
  const byNumber = new Map(sent.map((one) => [String(one.n), one]));
  const byId = new Map(
    sent.flatMap((one) => (one.event_id === null ? [] : [[`${one.store_id} ${one.event_id}`, one]])),
  );
  const known = new Map<JournalEntry, Omit<Delivery, 'isLost'>>();
  const byIdentity = new Map<string, JournalEntry>();
  let indexed = 0;

  const read = (entry: JournalEntry): Omit<Delivery, 'isLost'> => {
    const { record, epoch } = entry;
    const number = record.headers[NUMBER_HEADER]?.toString();
    const numbered = number === undefined ? undefined : byNumber.get(number);
    const isEvent = numbered === undefined || numbered.event_id !== null;
    const fields: Record<string, unknown> = isEvent ? JSON.parse(String(record.value)) : {};
    const one = numbered ?? byId.get(`${fields.store_id} ${fields.event_id}`);
    if (one === undefined) throw new Error(`nobody sent what stands at ${epoch}/${record.partition}/${record.offset}`);
    return {
      entry,
      identity: identityOf(epoch, record.partition, record.offset),
      verdict: one.verdict,
      event: isEvent
        ? {
            key: keyOf(fields.store_id, fields.visitor_id, fields.event_id, fields.occurred_at),
            store_id: String(fields.store_id),
            event_id: String(fields.event_id),
            visitor_id: String(fields.visitor_id),
          }
        : null,
      store_id: one.verdict === 'unknown_store' ? '' : one.store_id,
      received_at: Number(record.headers[RECEIVED_AT_HEADER] ?? record.timestamp),
      payload_hash: hasher.xxh64(record.value ?? ''),
    };
  };

  const of = (entry: JournalEntry): Delivery => {
    let delivery = known.get(entry);
    if (delivery === undefined) {
      delivery = read(entry);
      known.set(entry, delivery);
    }
    return { ...delivery, isLost: entry.goneAt !== null && !entry.committed };
  };

  const find = (identity: string): Delivery | undefined => {
    for (; indexed < journal.length; indexed += 1) {
      const entry = journal[indexed];
      if (entry?.topic === topic) byIdentity.set(of(entry).identity, entry);
    }
    const entry = byIdentity.get(identity);
    return entry === undefined ? undefined : of(entry);
  };

  return { of, find, all: () => journal.filter((entry) => entry.topic === topic).map(of) };
};
