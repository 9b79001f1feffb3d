import { bigInteger, defineQuery, integer } from '@cartledger/clickhouse';
import { decodeDeadLetter, type ProduceRecord } from '@cartledger/event-log';
import type { IngestConfig } from '@cartledger/ingest';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type IngestWorld, startIngestWorld } from './ingest-world.ts';
import { eventually } from './until.ts';

const GOOD = 10_000;
const NOW = Date.now();

const goodEvent = (n: number) => ({
  event_id: `good-${n}`,
  store_id: 'demo',
  type: n % 10 === 0 ? 'purchase' : 'add_to_cart',
  occurred_at: NOW - 3_600_000 - n,
  sent_at: NOW,
  visitor_id: `visitor ${n % 977} ü`,
  cart_id: `cart-${n % 500}`,
  currency: 'EUR',
  ...(n % 10 === 0
    ? { order_id: `order-${n}`, amounts: { total: 100 + n, tax: 19 } }
    : { items: [{ product_id: `p${n % 50}`, name: 'Töpfe "9"', quantity: 1 + (n % 3), unit_price: 1_999 }] }),
  source: 'browser',
  page: { url: 'https://shop.example/päth?q=1' },
});

/** One wrong thing each, and the reason it must be rejected for. */
const BAD: readonly { reason: string; make: (n: number) => Buffer }[] = [
  { reason: 'malformed_json', make: (n) => Buffer.from(`{"event_id":"bad-${n}"`) },
  {
    reason: 'malformed_json',
    make: (n) => Buffer.concat([Buffer.from(`{"bad-${n}":"`), Buffer.from([0xff]), Buffer.from('"}')]),
  },
  { reason: 'not_an_object', make: (n) => Buffer.from(`[${n}]`) },
  { reason: 'missing_field', make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), event_id: undefined })) },
  { reason: 'bad_id', make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), visitor_id: 'undefined' })) },
  { reason: 'unknown_type', make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), type: `thing${n}` })) },
  { reason: 'unknown_store', make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), store_id: 'nobody' })) },
  {
    reason: 'too_old',
    make: (n) =>
      Buffer.from(JSON.stringify({ ...goodEvent(n), sent_at: undefined, occurred_at: '2015-01-02T00:00:00Z' })),
  },
  { reason: 'bad_currency', make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), currency: 'Euro' })) },
  {
    reason: 'email_as_id',
    make: (n) => Buffer.from(JSON.stringify({ ...goodEvent(n), customer_id: `me${n}@example.com` })),
  },
];

const goodRecord = (n: number): ProduceRecord => ({
  key: `demo:visitor ${n % 977} ü`,
  value: Buffer.from(JSON.stringify(goodEvent(n))),
  headers: { 'cartledger-received-at': String(NOW) },
});
const badRecord = (n: number): ProduceRecord => ({
  key: `demo:${n}`,
  value: BAD[n % BAD.length]?.make(n) ?? Buffer.alloc(0),
});

const summary = defineQuery({
  name: 'summary',
  sql: `SELECT count() AS events, uniqExact(event_id) AS ids, sum(amount_total) AS total,
      countIf(visitor_hash != xxHash64(concat('v:', visitor_id)) OR event_hash != xxHash64(event_id)) AS wrong_hashes
    FROM events FINAL`,
  params: z.object({}),
  row: z.object({ events: integer, ids: integer, total: bigInteger.nullable(), wrong_hashes: integer }),
});
const untouched = defineQuery({
  name: 'untouched',
  sql: `SELECT count() AS visitors, countIf(NOT has(nodes, xxHash64(concat('c:', cart_id)))) AS without_cart
    FROM (SELECT DISTINCT store_id, visitor_hash, cart_id FROM events) AS e
    LEFT JOIN (SELECT store_id, visitor_hash, groupArrayArray(neighbors) AS nodes FROM touches GROUP BY ALL) AS t
      USING (store_id, visitor_hash)`,
  params: z.object({}),
  row: z.object({ visitors: integer, without_cart: integer }),
});

const counted = defineQuery({
  name: 'counted',
  sql: `SELECT concat(store_id, ' ', measure) AS what, sum(n) AS total FROM intake_counts GROUP BY what HAVING total > 0 ORDER BY what`,
  params: z.object({}),
  row: z.object({ what: z.string(), total: integer }),
});

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

describe.each(['embedded', 'kafka'] as const)('ingest over the %s log', (driver) => {
  let world: IngestWorld;

  beforeEach(async () => {
    world = await startIngestWorld(driver, { partitions: 4 });
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const inChunks = async (records: readonly ProduceRecord[]): Promise<void> => {
    for (let at = 0; at < records.length; at += 1_000) await world.produce(records.slice(at, at + 1_000));
  };
  const kept = async () => (await world.clickhouse.query(summary, {}))[0];

  /** `delivered` times the good ones, once the bad ones: each delivery, however often its batch was begun. */
  const expectCounts = async (delivered: number, bad: number): Promise<void> => {
    const rows = await world.clickhouse.query(counted, {});
    const expected = new Map<string, number>([['demo delivered', delivered * GOOD]]);
    for (let n = 0; n < bad; n += 1) {
      const reason = BAD[n % BAD.length]?.reason ?? '';
      // Its event names a store that is not here.
      const what = `${reason === 'unknown_store' ? '' : 'demo'} rejected:${reason}`;
      expected.set(what, (expected.get(what) ?? 0) + 1);
    }
    expect(new Map(rows.map(({ what, total }) => [what, total]))).toEqual(expected);
  };

  /** Reasons by bytes: several copies of one letter are one letter. */
  const deadLetters = async (): Promise<Map<string, string>> => {
    const letters = new Map<string, string>();
    const { log, topics } = world;
    for (const { partition, earliest, end } of await log.offsets(topics.deadLettersTopic)) {
      for await (const record of log.read(topics.deadLettersTopic, partition, earliest, end)) {
        const letter = decodeDeadLetter(record);
        if (letter !== null)
          letters.set(
            `${letter.origin.partition}/${letter.origin.offset}`,
            `${letter.reason.code} ${letter.value?.toString('latin1')}`,
          );
      }
    }
    return letters;
  };
  const expectedLetters = (count: number): string[] =>
    Array.from(
      { length: count },
      (_, n) => `${BAD[n % BAD.length]?.reason} ${badRecord(n).value?.toString('latin1')}`,
    ).sort(byText);

  const expectEverything = async (bad: number): Promise<void> => {
    const totals = Array.from({ length: GOOD / 10 }, (_, i) => BigInt(100 + i * 10)).reduce((a, b) => a + b);
    expect(await kept()).toEqual({ events: GOOD, ids: GOOD, total: totals, wrong_hashes: 0 });
    expect([...(await deadLetters()).values()].sort(byText)).toEqual(expectedLetters(bad));
    expect((await world.clickhouse.query(untouched, {}))[0]).toMatchObject({ without_cart: 0 });
  };

  const mixed = (): ProduceRecord[] => Array.from({ length: GOOD }, (_, n) => [goodRecord(n), badRecord(n)]).flat();

  test('of 10,000 good and 10,000 bad records all good ones are kept once and all bad ones are dead letters with their reason', async () => {
    await inChunks(mixed());
    await world.start();
    await world.settle();
    await expectEverything(GOOD);
    await expectCounts(1, GOOD);
    const positions = () => world.control.positions.list(world.topics.topic);
    const before = Date.now();
    await eventually(async () => (await positions()).every((row) => row.taken_in_up_to >= before));
    expect(await positions()).toHaveLength(4);
  });

  test('stopping and starting again and again in the middle, with repeated deliveries, changes nothing, and counts each delivery once', async () => {
    const records = mixed();
    const small: Partial<IngestConfig> = { batch: { maxRows: 300, maxBytes: 2 ** 20, maxAgeMs: 20 } };
    const producing = inChunks([...records, ...records.filter((_, i) => i % 2 === 0)]);
    for (let round = 1; round <= 3; round += 1) {
      // The last of these is stopped without grace, with batches in hand.
      const ingest = await world.start({ ...small, stopGraceMs: round === 3 ? 0 : 5_000 });
      await eventually(async () => ((await kept())?.events ?? 0) >= round * 1_000);
      await world.stop(ingest);
    }
    await world.start(small);
    await producing;
    await world.settle();
    await expectEverything(GOOD);
    await expectCounts(2, GOOD);
  });

  test('a topic deleted and made again under a running ingest is read from its start', async () => {
    const { log, topics } = world;
    await world.produce(Array.from({ length: 100 }, (_, n) => goodRecord(n)));
    await world.start();
    await world.settle();
    await world.deleteTopic();
    // Made again as soon as Kafka lets it.
    await eventually(async () => {
      try {
        await log.ensureTopic(topics.topic, { partitions: 4 });
        await world.produce(Array.from({ length: 150 }, (_, n) => goodRecord(1_000 + n)));
        return true;
      } catch {
        return false;
      }
    });
    await eventually(async () => (await kept())?.ids === 250);
    expect((await kept())?.events).toBe(250);
    const delivered = async () => (await world.clickhouse.query(counted, {})).map(({ total }) => total);
    await eventually(async () => (await delivered()).join() === '250');
  });
});
