import { AUDIT, type AuditedPartition, ORDER_REWIND, pathOf, type Query } from '@cartledger/operations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { badEvent, eventOf, eventsOf } from './ingest-events.ts';
import { type IngestWorld, startIngestWorld } from './ingest-world.ts';
import { eventually } from './until.ts';

const NOW = Date.now();

describe.each(['embedded', 'kafka'] as const)('an audit over the %s log', (driver) => {
  let world: IngestWorld;
  beforeEach(async () => {
    world = await startIngestWorld(driver);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const events = (from: number, to: number) => eventsOf(from, to, NOW);

  const audit = async (query: Query<typeof AUDIT.query> = {}) => {
    const { status, text } = await world.send('GET', pathOf(AUDIT, query));
    expect(status).toBe(200);
    const last = AUDIT.answer.parse(JSON.parse(text.trim().split('\n').at(-1) ?? ''));
    if (last.type !== 'report') throw new Error(`no report: ${text}`);
    return last;
  };
  type Counted = Exclude<keyof AuditedPartition, 'partition'>;
  const sum = (partitions: readonly AuditedPartition[], of: Counted): number =>
    partitions.reduce((total, partition) => total + partition[of], 0);

  /** Where an event's kept delivery stands. */
  const placeOf = async (eventId: string) => {
    for (const { partition, earliest, end } of await world.log.offsets(world.topics.topic)) {
      for await (const record of world.log.read(world.topics.topic, partition, earliest, end)) {
        if (String(record.value).includes(`"${eventId}"`)) return { partition, offset: Number(record.offset) };
      }
    }
    throw new Error(`no ${eventId} in the log`);
  };

  test('what was taken in is accounted for to the last record: kept, repeated, or a dead letter', async () => {
    const bad = Array.from({ length: 70 }, (_, i) => badEvent(i));
    const later = Array.from({ length: 100 }, (_, i) => eventOf(i, {}, NOW + 1_000));
    await world.produce([...events(0, 2_500), ...bad, ...later]);
    const ingest = await world.start();
    await world.settle();
    await world.stop(ingest);
    await world.clickhouse.command('OPTIMIZE TABLE events FINAL');
    const { clean, partitions, findings } = await audit();
    expect(findings).toEqual([]);
    expect(clean).toBe(true);
    expect(partitions).toHaveLength(2);
    const of = (what: Counted) => sum(partitions, what);
    expect([of('records'), of('kept'), of('repeats'), of('dead_letters')]).toEqual([2_670, 2_500, 100, 70]);
    expect([of('missing'), of('counted_twice'), of('in_flight'), of('lost_to_retention')]).toEqual([0, 0, 0, 0]);
  });

  test('a row deleted by hand is found with its offset, and rewinding there mends it', async () => {
    await world.produce([...events(0, 500), badEvent(1)]);
    const ingest = await world.start();
    await world.settle();
    await world.clickhouse.command("DELETE FROM events WHERE event_id = 'e123'");
    const place = await placeOf('e123');
    const { clean, findings } = await audit();
    expect(clean).toBe(false);
    expect(findings).toMatchObject([{ ...place, what: 'missing' }]);
    expect(findings[0]?.remedy).toBe(`cartledger ingest rewind --partition ${place.partition} --to ${place.offset}`);

    await world.ask(ORDER_REWIND, { json: { partition: place.partition, to: place.offset } });
    await eventually(async () => (await world.kept()).events === 500);
    await world.settle();
    expect(await audit()).toMatchObject({ clean: true });
    expect(ingest.readiness()).toMatchObject({ ready: true });
  });

  test('what its store keeps no longer is expired, and not missing', async () => {
    const days = 86_400_000;
    await world.produce(eventsOf(0, 20, NOW - 50 * days));
    await world.start();
    await world.settle();
    await world.clickhouse.command("DELETE FROM events WHERE event_id = 'e7'");
    expect(await audit()).toMatchObject({ clean: false });
    await world.control.stores.define('demo', { max_age_days: 30, retention_days: 40 }, null);
    const { clean, partitions } = await audit();
    expect(clean).toBe(true);
    expect([sum(partitions, 'kept'), sum(partitions, 'expired'), sum(partitions, 'missing')]).toEqual([19, 1, 0]);
  });

  test('offsets skipped by hand are found, every one, good and bad ones', async () => {
    await world.produce(events(0, 300));
    const first = await world.start();
    await world.settle();
    await world.stop(first);
    const before = new Map((await world.log.offsets(world.topics.topic)).map(({ partition, end }) => [partition, end]));
    await world.produce([...events(300, 320), badEvent(7)]);
    const skipped = (await world.log.offsets(world.topics.topic)).flatMap(({ partition, end }) =>
      Array.from({ length: Number(end - (before.get(partition) ?? 0n)) }, (_, i) => ({
        partition,
        offset: Number(before.get(partition) ?? 0n) + i,
      })),
    );
    for (const { partition, end } of await world.log.offsets(world.topics.topic)) await world.setOffset(partition, end);
    await world.produce(events(320, 400));
    const second = await world.start();
    await world.settle();
    await world.stop(second);
    const { findings, partitions, clean } = await audit();
    expect(clean).toBe(false);
    expect(skipped).toHaveLength(21);
    expect(findings.map(({ partition, offset }) => ({ partition, offset }))).toEqual(skipped);
    expect(sum(partitions, 'kept')).toBe(380);
    expect(sum(partitions, 'missing')).toBe(21);
  });

  test('a kept delivery that is gone is found although a later delivery of its event is there', async () => {
    await world.produce([eventOf(1, {}, NOW), eventOf(1, {}, NOW + 5_000)]);
    const ingest = await world.start();
    await world.settle();
    await world.stop(ingest);
    await world.clickhouse.command(`DELETE FROM events WHERE received_at = fromUnixTimestamp64Milli(toInt64(${NOW}))`);
    await world.clickhouse.command('OPTIMIZE TABLE events FINAL');
    const { partitions, findings } = await audit();
    // The row that the later delivery left was merged into the one that was deleted, or stands in its place.
    expect(sum(partitions, 'missing')).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ offset: 0, what: 'missing' });
  });

  test('one delivery of which rows of two events were made is called counted twice', async () => {
    await world.produce(events(0, 50));
    const ingest = await world.start();
    await world.settle();
    await world.stop(ingest);
    await world.clickhouse.command(
      "INSERT INTO events SELECT * REPLACE ('other' AS event_id, xxHash64('other') AS event_hash) FROM events WHERE visitor_id = 'v7'",
    );
    const place = await placeOf('e7');
    const { clean, findings } = await audit();
    expect(clean).toBe(false);
    expect(findings).toMatchObject([{ ...place, what: 'counted_twice' }]);
  });

  test('what is above the committed position is left out and said to be in flight', async () => {
    await world.produce(events(0, 100));
    const ingest = await world.start();
    await world.settle();
    await world.stop(ingest);
    await world.produce(events(100, 140));
    const { clean, partitions } = await audit();
    expect(clean).toBe(true);
    expect([sum(partitions, 'records'), sum(partitions, 'in_flight')]).toEqual([100, 40]);
  });

  test('what retention removed before it was read is called lost, by the receipt that was kept of it', async () => {
    await world.produce(events(0, 300));
    const first = await world.start();
    await world.settle();
    await world.stop(first);
    const [{ partition, end } = { partition: 0, end: 0n }] = await world.log.offsets(world.topics.topic);
    await world.produce(events(300, 600));
    await world.truncate(partition, end + 20n);
    const second = await world.start();
    await world.settle();
    await world.stop(second);
    await eventually(async () => (await audit({ first_offset: 0 })).partitions[partition]?.lost_to_retention === 20);
    const { clean, partitions, findings } = await audit({ first_offset: 0 });
    expect(clean).toBe(false);
    expect(findings).toMatchObject([{ partition, offset: Number(end), what: 'lost_to_retention' }]);
    expect(partitions[partition]).toMatchObject({ missing: 0, not_in_the_log: Number(end) + 20 });
    // Of what the log still holds nothing is missing.
    expect(await audit()).toMatchObject({ clean: true });
  });

  test('a partition, a range of offsets and a time narrow what is looked at', async () => {
    const old = NOW - 86_400_000;
    await world.produce(events(0, 100).map((record) => ({ ...record, timestamp: old })));
    await world.produce(events(100, 200));
    const ingest = await world.start();
    await world.settle();
    await world.stop(ingest);
    const since = await audit({ since: new Date(NOW - 3_600_000).toISOString() });
    expect(sum(since.partitions, 'records')).toBe(100);
    const range = await audit({ partition: 1, first_offset: 3, last_offset: 12 });
    expect(range.partitions).toMatchObject([{ partition: 1, first_offset: 3, end_offset: 13, records: 10 }]);
    const wrong = await world.send('GET', '/audit?partition=9');
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('no partition 9');
    expect((await world.send('GET', '/audit?first_offset=-1')).status).toBe(400);
  });
});
