import { createWriters, ledgerInsertsUnderWay } from '@cartledger/aggregator/testing';
import { type ClickHouse, ClickHouseError, defineQuery } from '@cartledger/clickhouse';
import { countsOfVisitors, linksOf } from '@cartledger/history/testing';
import { EVENT_COLUMNS } from '@cartledger/ingest/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { allOf } from '../../store-conformance/harness.ts';
import { eventRow, NOON } from '../../store-conformance/samples.ts';
import type { Call, Calls } from './call.ts';
import { openModel } from './open.ts';

const LINKS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'node', type: 'UInt64' },
  { name: 'neighbor', type: 'UInt64' },
] as const;
const EDGE = { store_id: 's', node: 1n, neighbor: 2n };
const AT_ONE = { stores: ['s'], store_numbers: [1], nodes: [1n] };

/** A call that waits for whoever says what becomes of it. */
type Waiting = { begin(): void; land(): void; tear(parts: number): void; refuse(): void; silence(): void };

const byHand = () => {
  const waiting: Waiting[] = [];
  const calls: Calls = <T>(call: Call<T>) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const told = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        reject(error);
      }
    };
    waiting.push({
      begin: () => told(() => call.begin?.()),
      land: () => told(() => resolve(call.land())),
      tear: (parts) =>
        told(() => {
          call.land(parts);
          reject(call.refuse());
        }),
      refuse: () => reject(call.refuse()),
      silence: () => reject(call.timeout()),
    });
    return promise;
  };
  return {
    calls,
    next: (): Waiting => {
      const call = waiting.shift();
      if (call === undefined) throw new Error('nobody calls');
      return call;
    },
  };
};

const codeOf = (error: unknown): string => (error instanceof ClickHouseError ? error.code : String(error));
const outcomeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', codeOf);

const edges = async (clickhouse: ClickHouse): Promise<number> => (await clickhouse.query(linksOf, AT_ONE)).length;

test('an insert is under way from its beginning until it has landed, and seen when it has', async () => {
  const { store, clickhouse } = openModel();
  const hand = byHand();
  const inserted = outcomeOf(store.connect(hand.calls).insertNative('links', LINKS, [EDGE]));
  await Promise.resolve();
  const call = hand.next();
  const underWay = async () => (await clickhouse.query(ledgerInsertsUnderWay, { tables: ['links'] }))[0]?.inserts;
  expect([await underWay(), await edges(clickhouse)]).toEqual([0, 0]);
  call.begin();
  expect([await underWay(), await edges(clickhouse)]).toEqual([1, 0]);
  call.land();
  expect([await underWay(), await edges(clickhouse), await inserted]).toEqual([0, 1, 'done']);
});

test('a condition is asked as an insert begins: what is announced later does not stop it', async () => {
  const { store, clickhouse } = openModel();
  const writers = createWriters(clickhouse);
  await writers.announce(1);
  const insert = (hand: ReturnType<typeof byHand>, neighbor: bigint) =>
    outcomeOf(store.connect(hand.calls).insertNative('links', LINKS, [{ ...EDGE, neighbor }], writers.condition(1)));
  const [early, late] = [byHand(), byHand()];
  const outcomes = [insert(early, 2n), insert(late, 3n)];
  await Promise.resolve();
  const [first, second] = [early.next(), late.next()];
  first.begin();
  await writers.announce(2);
  second.begin();
  first.land();
  expect(await Promise.all(outcomes)).toEqual(['done', 'condition_failed']);
  expect(await edges(clickhouse)).toBe(1);
});

test('what is under way when the server goes down has landed or not, and its writer is told of neither', async () => {
  for (const lands of [true, false]) {
    let now = NOON;
    const { store, clickhouse } = openModel(() => now);
    const hand = byHand();
    const inserted = outcomeOf(store.connect(hand.calls).insertNative('links', LINKS, [EDGE]));
    await Promise.resolve();
    const call = hand.next();
    call.begin();
    store.restart(1_000, () => lands);
    expect(await outcomeOf(clickhouse.query(linksOf, AT_ONE))).toBe('unavailable');
    expect(await clickhouse.ping()).toBe(false);
    now += 1_000;
    call.land();
    expect(await inserted).toBe('unavailable');
    expect(await edges(clickhouse)).toBe(lands ? 1 : 0);
  }
});

test('a store that takes no writes answers reads, and takes them again', async () => {
  let now = NOON;
  const { store, clickhouse } = openModel(() => now);
  store.readOnly(500);
  const insert = () => outcomeOf(clickhouse.insertNative('links', LINKS, [EDGE]));
  expect([await insert(), await edges(clickhouse)]).toEqual(['TABLE_IS_READ_ONLY', 0]);
  now += 500;
  expect([await insert(), await edges(clickhouse)]).toEqual(['done', 1]);
});

test('refusals and silence can be tried again; rows that are refused cannot, and nothing of their block is there', async () => {
  const { store, clickhouse } = openModel();
  const hand = byHand();
  for (const befall of ['refuse', 'silence'] as const) {
    const insert = store.connect(hand.calls).insertNative('links', LINKS, [EDGE]);
    const failed = insert.catch((error: unknown) => error);
    await Promise.resolve();
    hand.next()[befall]();
    expect(await failed).toMatchObject({ retriable: true, refusedData: false });
  }
  store.refuse = (table, rows) =>
    table === 'links' && rows.some((row) => row.neighbor === 9n)
      ? new ClickHouseError('VIOLATED_CONSTRAINT', 'refused', { refusedData: true })
      : null;
  const insert = clickhouse.insertNative('links', LINKS, [EDGE, { ...EDGE, neighbor: 9n }]);
  await expect(insert).rejects.toMatchObject({ retriable: false, refusedData: true });
  expect(await edges(clickhouse)).toBe(0);
});

test('an insert that landed twice is in twice, until it is merged', async () => {
  const { store, clickhouse } = openModel();
  const hand = byHand();
  const row = eventRow({ store_id: 's', visitor_id: 'v', event_id: 'e', visitor_hash: 1n });
  const inserted = outcomeOf(store.connect(hand.calls).insertNative('events', EVENT_COLUMNS, [row]));
  await Promise.resolve();
  const call = hand.next();
  for (const again of [false, true]) {
    call.begin();
    call.land();
    const [counted] = await clickhouse.query(countsOfVisitors, AT_ONE);
    expect(counted?.events).toBe(again ? 2 : 1);
  }
  expect(await inserted).toBe('done');
  store.table('events').merge();
  expect((await clickhouse.query(countsOfVisitors, AT_ONE))[0]?.events).toBe(1);
});

test('of a torn insert some months are there, and it is refused', async () => {
  const { store, clickhouse } = openModel();
  const hand = byHand();
  const rows = [NOON, Date.UTC(2026, 6, 1)].map((occurred_at) =>
    eventRow({ store_id: 's', visitor_id: 'v', event_id: 'e', visitor_hash: 1n, occurred_at }),
  );
  const inserted = outcomeOf(store.connect(hand.calls).insertNative('events', EVENT_COLUMNS, rows));
  await Promise.resolve();
  const call = hand.next();
  call.begin();
  call.tear(1);
  expect(await inserted).toBe('unavailable');
  expect((await clickhouse.query(countsOfVisitors, AT_ONE))[0]?.events).toBe(1);
});

test('a stream that breaks off gives what came, then its error', async () => {
  const { store, clickhouse } = openModel();
  const rows = [2n, 3n, 4n].map((neighbor) => ({ ...EDGE, neighbor }));
  await clickhouse.insertNative('links', LINKS, rows);
  const hand = byHand();
  const taken: unknown[] = [];
  const reading = (async () => {
    for await (const row of store.connect(hand.calls).stream(linksOf, AT_ONE)) taken.push(row);
  })();
  const outcome = outcomeOf(reading);
  await Promise.resolve();
  hand.next().tear(2);
  expect([await outcome, taken.length]).toEqual(['unavailable', 2]);
});

test('what the model does not know is told by its name', async () => {
  const { clickhouse } = openModel();
  const unknown = defineQuery({ name: 'test.unknown', sql: 'SELECT 1', params: z.object({}), row: z.object({}) });
  await expect(clickhouse.query(unknown, {})).rejects.toThrow('test.unknown');
  await expect(allOf(clickhouse.stream(unknown, {}))).rejects.toThrow('test.unknown');
  await expect(clickhouse.command('OPTIMIZE TABLE events')).rejects.toThrow('OPTIMIZE TABLE events');
  const condition = { sql: 'rand() > 0', params: {} };
  await expect(clickhouse.insertNative('links', LINKS, [EDGE], condition)).rejects.toThrow('rand() > 0');
});
