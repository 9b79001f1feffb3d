/**
 * The aggregator at work on ClickHouse and on the model of it at once: random shops come in, are taken in pieces, are
 * merged, damaged, swept and counted anew, and every answer that the one gives, the other gives.
 */
import type { Aggregator } from '@cartledger/aggregator';
import { KEY_COLUMNS, LEDGER_COLUMNS, NOTHING } from '@cartledger/aggregator/testing';
import type { Delivery } from '@cartledger/events';
import { createRandom, type Random, randomDefinition, randomHistory } from '@cartledger/funnel/testing';
import { afterAll, expect, inject, test } from 'vitest';
import { openModel } from '../faults/model/store/open.ts';
import { createTwin, type Twin } from '../faults/store-conformance/twin.ts';
import { createWorld, type World } from './aggregator-world.ts';

const SHOPS = Number(process.env.CARTLEDGER_FAULT_REPLAYS ?? 4);
const HOUR_MS = 3_600_000;
const MERGED = ['events', 'ledger_rows', 'ledger_keys', 'cart_days', 'funnel_days', 'dirty_days', 'links'];

const compared = new Map<string, number>();
afterAll(() => {
  console.log(`answers compared: ${[...compared].map(([name, n]) => `${name} ${n}`).join(', ')}`);
});

const settle = async (aggregator: Aggregator): Promise<void> => {
  for (let run = 0; (await aggregator.runOnce()) === 'more'; run++) {
    if (run > 200) throw new Error('the aggregator does not come to an end');
  }
};

const piecesOf = (random: Random, deliveries: readonly Delivery[]): Delivery[][] => {
  const pieces: Delivery[][] = [[], [], []];
  for (const delivery of deliveries) pieces[random.below(pieces.length)]?.push(delivery);
  return pieces.filter((piece) => piece.length > 0);
};

/** Rows that nobody wrote: one without a key, one in a version larger than any of ours, a key without a row. */
const damage = async ({ clickhouse }: World, store_id: string): Promise<void> => {
  const place = { store_id, kind: 'cart', day: '2026-06-15', key: 'nobody', is_deleted: 0 };
  const row = { ...NOTHING, ...place, node: 1n, version: 1n };
  await clickhouse.insertNative('ledger_rows', LEDGER_COLUMNS, [row, { ...row, node: 2n ** 63n, version: 2n ** 63n }]);
  await clickhouse.insertNative('ledger_keys', KEY_COLUMNS, [{ ...place, node: 5n, version: 1n, digest: 3n }]);
};

const replay = async (seed: number): Promise<Twin> => {
  const random = createRandom(seed);
  const model = openModel();
  let twin: Twin | null = null;
  let now = 0;
  await using world = await createWorld(
    inject('clickhouseUrl'),
    () => now,
    (clickhouse) => {
      twin = createTwin(clickhouse, model.clickhouse, (name) => !name.startsWith('test.'));
      return twin.clickhouse;
    },
  );
  const told = (): Twin => {
    if (twin === null) throw new Error('nobody was asked');
    return twin;
  };
  const merge = async (): Promise<void> => {
    const table = random.pick(['events', ...MERGED]);
    await world.merge(table);
    await model.merge(table);
  };
  const shops = ['one', 'two'].map((name) => {
    const store_id = `${name}-${seed}`;
    const { version, ...definition } = randomDefinition(random);
    const history = randomHistory(random, 30 + random.below(40), 1 + random.below(5), definition.time_zone);
    return { store_id, definition, deliveries: history.map((delivery) => ({ ...delivery, store_id })) };
  });
  for (const { store_id, definition } of shops) await world.createStore(store_id, definition);
  const all = shops.flatMap(({ deliveries }) => deliveries);
  const last = Math.max(...all.map(({ received_at }) => received_at));
  const config = { pageVisitors: random.pick([2, 20_000]), maxTouches: random.pick([2, 20_000]), maxEvents: 40 };
  now = last;

  await using aggregator = world.aggregator(config);
  for (const piece of piecesOf(random, all)) {
    await world.deliver(piece);
    // Some of it again, as when a batch is repeated.
    await world.deliver(piece.slice(0, 5));
    await world.takenIn(now);
    await settle(aggregator);
    if (random.chance(0.5)) await merge();
    now += random.pick([1_000, HOUR_MS, 30 * HOUR_MS]);
  }
  const [first] = shops;
  if (first === undefined) throw new Error('no shops');
  await world.control.stores.define(first.store_id, { abandon_ms: 5_400_000, time_zone: 'Asia/Kolkata' }, null);
  await settle(aggregator);
  for (const { store_id } of shops) await damage(world, store_id);
  for (let hour = 0; hour < 26; hour++) {
    now += HOUR_MS;
    await settle(aggregator);
  }
  await merge();
  // Another one takes over, who trusts nothing that this one knew.
  await aggregator.stop();
  await using successor = world.aggregator(config);
  await successor.rebuild(first.store_id);
  await settle(successor);
  await successor.stop();
  return told();
};

test.each(Array.from({ length: SHOPS }, (_, i) => 100 + i))(
  'seed %i: the model answers as ClickHouse does',
  {
    timeout: 300_000,
  },
  async (seed) => {
    const twin = await replay(seed);
    for (const [name, n] of twin.compared) compared.set(name, (compared.get(name) ?? 0) + n);
    expect(twin.differences).toEqual([]);
    expect(twin.compared.size).toBeGreaterThan(30);
  },
);
