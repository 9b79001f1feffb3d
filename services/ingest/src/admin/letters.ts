import { type DeadLetter, letterId } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import type { Subject } from '../erased.ts';
import { subjectOf } from '../subject.ts';
import { createDictionary, createLetterColumns } from './letter-columns.ts';
import type { LetterFilter } from './letter-filter.ts';

/** What is known of a letter without its bytes. */
export type LetterEntry = {
  index: number;
  /** `topicEpoch/partition/offset` of its origin. */
  id: string;
  topicEpoch: string;
  partition: number;
  offset: bigint;
  code: string;
  field: string;
  /** As its bytes or its key name it, whether it is here or not; '' where they name none. */
  store_id: string;
  /** When it was written to the dead-letter topic, ms UTC. */
  setAsideAt: number;
  /** Of the record's value. */
  bytes: number;
  isStub: boolean;
  /** Whom it is of, and when that happened. */
  subject: Subject;
  /** Where it lies in the dead-letter topic. */
  dead: { partition: number; offset: bigint };
};

/** The letters of the topic, each once though a repeated batch wrote it again, in the order of the topic's partitions. */
export type Letters = {
  readonly deadEpoch: string;
  readonly length: number;
  /** Of letters that were not read: more than the catalog keeps stood before them. */
  readonly older: number;
  entry(index: number): LetterEntry;
  /** The letter of that identity; `partition/offset` is of the topic's last life that has it. */
  find(id: string): LetterEntry | null;
  /** The last letter that says it is a replay of this one. */
  failedAgain(id: string): LetterEntry | null;
  /** What the letter is a replay of. */
  replayOf(index: number): string | null;
  select(filter: LetterFilter): Generator<LetterEntry, void, undefined>;
};

const WORD = 2n ** 32n;
const high = (hash: bigint | null): number => Number((hash ?? 0n) / WORD);
const low = (hash: bigint | null): number => Number((hash ?? 0n) % WORD);
const hashOf = (highWord: number, lowWord: number): bigint | null =>
  highWord === 0 && lowWord === 0 ? null : BigInt(highWord) * WORD + BigInt(lowWord);

/** The letters of one life of the dead-letter topic, to be filled as it is read. */
export const createLetters = (deadEpoch: string, hasher: Hasher) => {
  const columns = createLetterColumns();
  const texts = createDictionary();
  /** Offsets of letters, by the partition of one life of the topic. */
  const known = new Map<string, Map<bigint, number>>();
  const replays = new Map<number, string>();
  const lastReplay = new Map<string, number>();
  /** Where reading goes on, by partition of the dead-letter topic. */
  const next = new Map<number, bigint>();
  let older = 0;

  const entry = (index: number): LetterEntry => {
    const number = (field: Parameters<typeof columns.get>[1]): number => columns.get(index, field);
    const origin = {
      topicEpoch: texts.textOf(number('epoch')),
      partition: number('partition'),
      offset: BigInt(number('offset')),
    };
    return {
      index,
      id: letterId(origin),
      ...origin,
      subject: {
        store_id: texts.textOf(number('store')),
        visitor: hashOf(number('visitorHigh'), number('visitorLow')),
        customer: hashOf(number('customerHigh'), number('customerLow')),
        at: number('at'),
      },
      code: texts.textOf(number('code')),
      field: texts.textOf(number('field')),
      store_id: texts.textOf(number('store')),
      setAsideAt: number('setAsideAt'),
      bytes: number('bytes'),
      isStub: number('isStub') === 1,
      dead: { partition: number('deadPartition'), offset: BigInt(number('deadOffset')) },
    };
  };

  const find = (id: string): LetterEntry | null => {
    const [offset = '', partition = '', ...epoch] = id.split('/').toReversed();
    if (!/^\d{1,19}$/.test(offset) || !/^\d{1,9}$/.test(partition)) return null;
    const suffix = `/${Number(partition)}`;
    const found = [...known].flatMap(([key, offsets]) => {
      const isMeant = epoch.length === 0 ? key.endsWith(suffix) : key === `${epoch.toReversed().join('/')}${suffix}`;
      const index = isMeant ? offsets.get(BigInt(offset)) : undefined;
      return index === undefined ? [] : [index];
    });
    const last = found.at(-1);
    return last === undefined ? null : entry(last);
  };

  const add = (letter: DeadLetter, dead: { partition: number; offset: bigint; timestamp: number }): void => {
    const { origin, reason, stub, value, replayOf } = letter;
    const ofPartition = `${origin.topicEpoch}/${origin.partition}`;
    const offsets = known.get(ofPartition) ?? new Map<bigint, number>();
    known.set(ofPartition, offsets);
    if (offsets.has(origin.offset)) return;
    const { store_id, visitor, customer, at } = subjectOf(letter, letter.received_at ?? dead.timestamp, hasher);
    const index = columns.length;
    offsets.set(origin.offset, index);
    if (replayOf !== null) {
      replays.set(index, replayOf);
      lastReplay.set(replayOf, index);
    }
    columns.push({
      deadPartition: dead.partition,
      deadOffset: Number(dead.offset),
      setAsideAt: dead.timestamp,
      epoch: texts.numberOf(origin.topicEpoch),
      partition: origin.partition,
      offset: Number(origin.offset),
      code: texts.numberOf(reason.code),
      field: texts.numberOf(reason.field),
      store: texts.numberOf(store_id.slice(0, 128).toWellFormed()),
      bytes: stub?.bytes ?? value?.length ?? 0,
      isStub: stub === null ? 0 : 1,
      visitorHigh: high(visitor),
      visitorLow: low(visitor),
      customerHigh: high(customer),
      customerLow: low(customer),
      at,
    });
  };

  const select = function* ({ reason, store, from, to, ids }: LetterFilter): Generator<LetterEntry, void, undefined> {
    const named = ids && new Set(ids.flatMap((id) => find(id)?.index ?? []));
    const [code, storeNumber] = [reason, store].map((text) => (text === undefined ? undefined : texts.find(text)));
    if (code === null || storeNumber === null) return;
    for (let index = 0; index < columns.length; index += 1) {
      if (code !== undefined && columns.get(index, 'code') !== code) continue;
      if (storeNumber !== undefined && columns.get(index, 'store') !== storeNumber) continue;
      const at = columns.get(index, 'setAsideAt');
      if ((from !== undefined && at < from) || (to !== undefined && at >= to)) continue;
      if (named !== undefined && !named.has(index)) continue;
      yield entry(index);
    }
  };

  const letters: Letters = {
    deadEpoch,
    get length() {
      return columns.length;
    },
    get older() {
      return older;
    },
    entry,
    find,
    failedAgain: (id) => {
      const index = lastReplay.get(id);
      return index === undefined ? null : entry(index);
    },
    replayOf: (index) => replays.get(index) ?? null,
    select,
  };
  return {
    letters,
    add,
    next,
    skip: (records: bigint) => {
      older += Number(records);
    },
  };
};
