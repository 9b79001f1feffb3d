import { ORDER_DRAIN, ORDER_REWIND, RESUME, SHOW_DRAIN, SHOW_REWIND, SHOW_STATUS } from '@cartledger/operations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { badEvent, eventsOf } from './ingest-events.ts';
import { type IngestWorld, startIngestWorld } from './ingest-world.ts';
import { eventually } from './until.ts';

const NOW = Date.now();
const QUARTER_MS = 900_000;

describe.each(['embedded', 'kafka'] as const)('operators’ orders over the %s log', (driver) => {
  let world: IngestWorld;
  beforeEach(async () => {
    world = await startIngestWorld(driver);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** A quarter of an hour after the other, so that counts stand in rows of their own. */
  const events = (from: number, to: number, quarters = 0) =>
    eventsOf(from, to, NOW - 86_400_000 + quarters * QUARTER_MS);
  const small = { batch: { maxRows: 40, maxBytes: 2 ** 20, maxAgeMs: 5 } };

  const drained = () => world.ask(SHOW_DRAIN);
  const rewound = () => world.ask(SHOW_REWIND);
  const order = (json: z.input<typeof ORDER_REWIND.body>) => world.ask(ORDER_REWIND, { json });

  test('drained, nothing is fetched though it is produced, restarted or given room; resumed, everything comes', async () => {
    await world.produce(events(0, 200));
    const first = await world.start(small);
    await world.settle();
    await world.ask(ORDER_DRAIN);
    await eventually(async () => (await drained()).drained);
    expect((await drained()).partitions.every(({ by }) => by !== null)).toBe(true);
    await world.produce(events(200, 300));
    await world.stop(first);
    // A worker that begins afterwards obeys too: the order is not of a process.
    const second = await world.start(small);
    await eventually(async () => second.partitions().length === 2);
    const before = Date.now();
    const told = async () => (await world.control.positions.list(world.topics.topic)).map((row) => row.taken_in_up_to);
    await eventually(async () => (await drained()).drained && Date.now() - before > 1_000);
    expect((await world.kept()).events).toBe(200);
    expect((await drained()).partitions.reduce((sum, { waiting }) => sum + waiting, 0)).toBe(100);
    // Reports claim no more than was taken in.
    expect(Math.min(...(await told()))).toBeLessThan(before);

    await world.ask(RESUME);
    await world.settle();
    expect((await world.kept()).events).toBe(300);
    expect((await drained()).ordered).toBe(false);
  });

  test('set back to the start after a restored backup everything is there once, and each delivery is counted once', async () => {
    for (let quarter = 0; quarter < 4; quarter += 1)
      await world.produce(events(quarter * 100, quarter * 100 + 100, quarter));
    await world.produce([badEvent(1), badEvent(2)]);
    await world.start(small);
    await world.settle();
    const before = await world.counted();
    expect(before).toMatchObject({ delivered: 400 });
    // What a backup of an earlier moment does not have.
    await world.clickhouse.command('DELETE FROM events WHERE toUInt32(substring(event_id, 2)) >= 150');
    expect((await world.kept()).events).toBe(150);
    await order({ to: 'earliest' });
    await eventually(async () => (await rewound()).done);
    await eventually(async () => (await world.kept()).events === 400);
    await world.settle();
    expect(await world.kept()).toEqual({ events: 400, ids: 400 });
    expect(await world.counted()).toEqual(before);
    expect((await rewound()).partitions.map(({ to_offset, counts_exact }) => ({ to_offset, counts_exact }))).toEqual([
      { to_offset: 0, counts_exact: true },
      { to_offset: 0, counts_exact: true },
    ]);
  });

  test('set back to any offset, into the middle of batches and quarters, counts stay what they were', async () => {
    for (let quarter = 0; quarter < 5; quarter += 1)
      await world.produce(events(quarter * 80, quarter * 80 + 80, quarter));
    await world.start(small);
    await world.settle();
    const before = await world.counted();
    for (const asked of [97, 55, 150, 3]) {
      await order({ to: asked, partition: 1 });
      await eventually(async () => (await rewound()).done);
      await world.settle();
      const [receipt] = (await rewound()).partitions;
      expect(receipt).toMatchObject({ partition: 1, asked_offset: asked, counts_exact: true });
      expect(receipt?.to_offset).toBeLessThanOrEqual(asked);
      expect(await world.counted()).toEqual(before);
    }
    expect((await world.kept()).events).toBe(400);
  });

  test('set back, reports claim no more than what has been taken in once more', async () => {
    await world.produce(events(0, 100));
    await world.start(small);
    await world.settle();
    const claims = async () =>
      (await world.control.positions.list(world.topics.topic)).map((row) => row.taken_in_up_to);
    await eventually(async () => Math.min(...(await claims())) > 0);
    await world.ask(ORDER_DRAIN);
    await eventually(async () => (await drained()).drained);
    await order({ to: 'earliest' });
    await eventually(async () => (await rewound()).done);
    await eventually(async () => (await claims()).every((claim) => claim === 0));
    const resumedAt = Date.now();
    await world.ask(RESUME);
    await eventually(async () => Math.min(...(await claims())) >= resumedAt);
  });

  // The embedded log is of one process.
  test.runIf(driver === 'kafka')('any of two workers tells what all partitions do, and who has them', async () => {
    await world.produce(events(0, 200));
    const [first] = [await world.start(small, 'first'), await world.start(small, 'second')];
    const status = async () => (await world.ask(SHOW_STATUS)).partitions;
    const of = async (worker: string) => (await status()).filter((one) => one.worker === worker);
    await world.settle();
    await eventually(async () => (await of('first')).length === 1 && (await of('second')).length === 1);
    await eventually(async () =>
      (await status()).every(({ state, lag_events }) => state === 'reading' && lag_events === 0),
    );

    // The other one waits: whoever is asked tells why.
    await world.clickhouse.command('RENAME TABLE events TO events_away');
    const here = first.partitions()[0]?.partition ?? 0;
    const elsewhere = async () => (await status()).find(({ partition }) => partition !== here);
    await world.produce(events(200, 400));
    await eventually(async () => (await elsewhere())?.state === 'waiting');
    expect(await elsewhere()).toMatchObject({ worker: 'second', why: { step: 'events', code: expect.any(String) } });
    await world.clickhouse.command('RENAME TABLE events_away TO events');
    await world.settle();
    await eventually(async () => (await status()).every(({ state }) => state === 'reading'));
  });

  test.runIf(driver === 'kafka')(
    'two workers each obey for what they have; what is ordered in vain is refused',
    async () => {
      await world.produce(events(0, 200));
      const workers = [await world.start(small), await world.start(small)];
      await eventually(async () => workers.every((worker) => worker.partitions().length === 1));
      await world.settle();
      await world.clickhouse.command('TRUNCATE TABLE events');
      await order({ to: new Date(NOW - 3_600_000).toISOString() });
      await eventually(async () => (await rewound()).done);
      await eventually(async () => (await world.kept()).events === 200);
      await world.settle();
      await world.ask(ORDER_DRAIN);
      await eventually(async () => (await drained()).drained);
      await world.ask(RESUME);

      const end = (await world.log.offsets(world.topics.topic)).find(({ partition }) => partition === 0)?.end ?? 0n;
      const forward = await world.send('POST', '/rewind', { to: Number(end), partition: 0 });
      expect(forward.status).toBe(409);
      expect(forward.text).toContain('nothing_to_rewind');
      expect((await world.send('POST', '/rewind', { to: 5 })).status).toBe(400);
      expect((await world.send('POST', '/rewind', { to: 'yesterday' })).status).toBe(400);
      expect((await world.send('POST', '/rewind', { to: 5, partition: 77 })).status).toBe(400);
    },
  );
});
