/** One suite for every store that stands for ClickHouse: what holds in one and not in the other is a defect of the model. */
import { createFence, createWriters } from '@cartledger/aggregator/testing';
import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';
import { afterAll, beforeAll } from 'vitest';

/** A database of its own, migrated, with nothing in it. */
type TestStore = {
  clickhouse: ClickHouse;
  /** Merges all that can be merged. */
  merge(table: string): Promise<void>;
  close(): Promise<void>;
};
export type MakeStore = () => Promise<TestStore>;

export type Suite = {
  readonly clickhouse: ClickHouse;
  merge(table: string): Promise<void>;
  /** Of no other test. */
  newStore(): string;
  /** A UUID of no other test, `n` of its kind. */
  newBatch(): string;
};

/** Opens the store before the tests of a section, and closes it after them. */
export const openStore = (make: MakeStore): Suite => {
  let store: TestStore | null = null;
  let names = 0;
  let batches = 0;
  const open = (): TestStore => {
    if (store === null) throw new Error('the store is open only within tests');
    return store;
  };
  beforeAll(async () => {
    store = await make();
  });
  afterAll(async () => {
    await store?.close();
  });
  return {
    get clickhouse() {
      return open().clickhouse;
    },
    merge: (table) => open().merge(table),
    newStore: () => `store-${++names}`,
    newBatch: () => `00000000-0000-4000-8000-${String(++batches).padStart(12, '0')}`,
  };
};

const TOKEN = 2n ** 32n;

/** What the holder of a lease writes with; the newest that was begun is the one that may write. */
export const beginWriting = async (clickhouse: ClickHouse) => {
  const writers = createWriters(clickhouse);
  const token = (await writers.largest()) + 1;
  await writers.announce(token);
  let counter = 0n;
  const nextVersion = (): bigint => BigInt(token) * TOKEN + ++counter;
  const lease = {
    acquire: async () => true,
    confirm: async () => token,
    outgrow: () => {},
    token: () => token,
    nextVersion,
    keepAlive: () => ({ [Symbol.dispose]: () => {} }),
    release: async () => {},
  };
  return {
    token,
    writers,
    nextVersion,
    condition: writers.condition(token),
    fence: createFence({ clickhouse, lease, writers }),
  };
};

/** The code a call fails with; none is a failure of the test. */
export const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof ClickHouseError) return error.code;
    throw error;
  }
  throw new Error('the call did not fail');
};

export const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** All that a stream gives. */
export const allOf = async <T>(stream: AsyncIterable<T>): Promise<T[]> => {
  const rows: T[] = [];
  for await (const row of stream) rows.push(row);
  return rows;
};
