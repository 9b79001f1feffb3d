import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import type { Broker, JournalEntry } from '../log/broker.ts';
import type { World } from '../world/scheduler.ts';
import { identityOfRow, letterOf, type Row } from './state.ts';
import { identityOf, type Truth } from './truth.ts';

const epochIn = (metadata: string): string => {
  const parsed: unknown = JSON.parse(metadata);
  return typeof parsed === 'object' && parsed !== null && 'epoch' in parsed ? String(parsed.epoch) : '';
};

/**
 * What has to hold at each commit and each report of progress, not only in the end:
 * I1 all that a commit covers is in `events` or a dead letter; I2 and its visitor was touched after it landed;
 * I3 all that was appended before a reported `taken_in_up_to` is in one of them.
 */
export const watch = (
  world: World,
  { broker, truth, hasher, isJudging }: { broker: Broker; truth: Truth; hasher: Hasher; isJudging: boolean },
): { isTold(row: Row): boolean; landedTooLate(row: Row): boolean } => {
  let moment = 0;
  /** When a record's row landed for the first time; when a visitor was touched for the last. */
  const landed = new Map<string, number>();
  const touched = new Map<string, number>();
  /** The time at which a record's row landed for the first time. */
  const landedAt = new Map<string, number>();
  const letters = new Set<string>();
  let lettersRead = 0;
  const checked = new Map<string, bigint>();

  world.on('inserted', ({ table, rows }) => {
    moment += 1;
    for (const row of rows) {
      if (table === 'touches') touched.set(`${row.store_id} ${row.visitor_hash}`, moment);
      if (table !== 'events') continue;
      const identity = identityOfRow(row);
      if (landed.has(identity)) continue;
      landed.set(identity, moment);
      landedAt.set(identity, world.now());
    }
  });

  const readLetters = (): void => {
    for (const { topic, record } of broker.journal.slice(lettersRead))
      if (topic === DEAD_LETTERS_TOPIC) letters.add(letterOf(record).identity);
    lettersRead = broker.journal.length;
  };

  const isIn = ({ epoch, record }: JournalEntry): boolean => {
    const identity = identityOf(epoch, record.partition, record.offset);
    return landed.has(identity) || letters.has(identity);
  };

  const entriesOf = (epoch: string, partition: number): JournalEntry[] =>
    broker.journal.filter(
      (entry) => entry.topic === EVENTS_TOPIC && entry.epoch === epoch && entry.record.partition === partition,
    );

  const judgeCommit = (entry: JournalEntry, offset: bigint): void => {
    const { identity, event, verdict } = truth.of(entry);
    if (!isIn(entry)) world.fail('I1', `${offset} is committed, and ${identity} (${verdict}) is nowhere`);
    const at = landed.get(identity);
    if (at === undefined || event === null) return;
    const last = touched.get(`${event.store_id} ${hasher.visitorNode(event.visitor_id)}`) ?? -1;
    if (last < at) world.fail('I2', `${offset} is committed, and no touch tells of ${identity}`);
  };

  world.on('committed', ({ topic, partition, offset, metadata }) => {
    if (topic !== EVENTS_TOPIC) return;
    const epoch = epochIn(metadata);
    if (isJudging && Buffer.byteLength(metadata) > 512) world.fail('I1', 'commit metadata is too long');
    readLetters();
    const key = `${epoch}/${partition}`;
    const from = checked.get(key) ?? 0n;
    for (const entry of entriesOf(epoch, partition)) {
      if (entry.record.offset < from || entry.record.offset >= offset) continue;
      // What went before it was committed may have been missed.
      if (entry.goneAt !== null && !entry.committed) continue;
      if (isJudging) judgeCommit(entry, offset);
      entry.committed = true;
    }
    if (offset > from) checked.set(key, offset);
  });

  world.on('reported', ({ topic, partition, taken_in_up_to }) => {
    if (!isJudging || topic !== EVENTS_TOPIC) return;
    readLetters();
    for (const entry of broker.find(topic)?.partitions[partition]?.entries ?? [])
      if (entry.appendedAt < taken_in_up_to && !isIn(entry))
        world.fail(
          'I3',
          `all up to ${taken_in_up_to} is said to be taken in, and ${truth.of(entry).identity} of ${entry.appendedAt} is not`,
        );
  });

  return {
    /** A touch has told of the row of `events` since it landed. */
    isTold: (row) => {
      const at = landed.get(identityOfRow(row));
      const last = touched.get(`${row.store_id} ${row.visitor_hash}`);
      return at !== undefined && last !== undefined && at <= last;
    },
    /** Written by somebody who had lost it, after its record was gone: only the sweep can know of it. */
    landedTooLate: (row) => {
      const identity = identityOfRow(row);
      const entry = broker.journal.find(
        ({ epoch, record }) => identityOf(epoch, record.partition, record.offset) === identity,
      );
      const at = landedAt.get(identity);
      return at !== undefined && typeof entry?.goneAt === 'number' && at >= entry.goneAt;
    },
  };
};
