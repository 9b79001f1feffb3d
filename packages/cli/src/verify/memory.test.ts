/** What verify holds of a store while the store grows: its events are on disk, and of whom nobody shares anything with, nothing. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { cutIntoParts } from './parts.ts';
import { createSharing } from './sharing.ts';
import { createSpool } from './spool.ts';

setFlagsFromString('--expose-gc');
const collect = z.function({ input: [], output: z.unknown() }).parse(runInNewContext('gc'));

/** Bytes, once nothing more is given back: array buffers are freed a little after they were collected. */
const held = async (): Promise<number> => {
  for (let least = Number.POSITIVE_INFINITY; ; ) {
    collect();
    await setImmediate();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    if (heapUsed + arrayBuffers > least - 4_096) return heapUsed + arrayBuffers;
    least = heapUsed + arrayBuffers;
  }
};

/** Bytes held when all events of so many visitors are on disk and cut into parts; `sharing` of them have one cart with the next. */
const heldWith = async ({ visitors, sharers = 0, eventsEach = 3 }: Record<string, number> & { visitors: number }) => {
  const before = await held();
  using spool = createSpool();
  const sharing = createSharing();
  for (let v = 0; v < visitors; v++) {
    const delivery = {
      event_id: 'e',
      visitor_id: `visitor-${v}`,
      cart_id: `cart-${v < sharers ? v - (v % 2) : v}`,
      received_at: 1,
      payload_hash: 1,
      page: { path: '/' },
    };
    const lines = `${JSON.stringify(delivery)}\n`.repeat(eventsEach);
    spool.take(Buffer.from(lines), ({ delivery }) => sharing.look(delivery));
  }
  spool.end();
  for (const line of spool.read(0, spool.bytes)) sharing.lookAgain(line);
  const { runs, components } = sharing.end();
  const parts = cutIntoParts(runs, components, { partEvents: 20_000, movingNodes: [] });
  const bytes = (await held()) - before;
  // A few are taken for sharing that do not: the filter's price.
  expect(runs.count).toBeGreaterThanOrEqual(sharers);
  expect(runs.count).toBeLessThan(sharers + visitors / 100 + 1);
  expect(parts.settled.reduce((sum, { events }) => sum + events, 0)).toBe(runs.count * eventsEach);
  return bytes;
};

const FILTER = 2 ** 25;
const visitors = 40_000;

test('visitors who share nothing take the same whether they are few or many', async () => {
  const few = await heldWith({ visitors: 1_000 });
  const many = await heldWith({ visitors, eventsEach: 6 });
  expect(few).toBeGreaterThanOrEqual(FILTER);
  expect(many - few).toBeLessThan(200_000);
});

test('one who shares takes at most 150 bytes more', async () => {
  const none = await heldWith({ visitors });
  const all = await heldWith({ visitors, sharers: visitors });
  expect((all - none) / visitors).toBeGreaterThan(20);
  expect((all - none) / visitors).toBeLessThan(150);
});
