/** What verify holds of a store while the store grows: its events are on disk, what hangs together is not. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createComponents } from './components.ts';
import { cutIntoParts } from './parts.ts';
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

/** Bytes held when all events of so many visitors are on disk and cut into parts; each has a cart, every other an order. */
const heldWith = async (visitors: number, eventsEach = 3): Promise<number> => {
  const before = await held();
  using spool = createSpool();
  const components = createComponents();
  for (let v = 0; v < visitors; v++) {
    const delivery = {
      event_id: 'e',
      visitor_id: `visitor-${v}`,
      received_at: 1,
      payload_hash: 1,
      page: { path: '/' },
    };
    const lines = `${JSON.stringify(delivery)}\n`.repeat(eventsEach);
    spool.take(Buffer.from(lines), ({ delivery: { visitor_id } }) => {
      const visitor = components.node('visitor ', visitor_id);
      components.join(visitor, components.node('cart ', visitor_id));
      if (v % 2 === 0) components.join(visitor, components.node('order ', visitor_id));
      return visitor;
    });
  }
  spool.end();
  const parts = cutIntoParts(spool.runs, components, { partEvents: 20_000, movingNodes: [] });
  const bytes = (await held()) - before;
  expect(parts.settled.reduce((sum, { events }) => sum + events, 0)).toBe(visitors * eventsEach);
  return bytes;
};

test('twice as many visitors take at most 150 bytes more each, with a cart and every other an order; twice as many events of theirs nothing', async () => {
  const visitors = 20_000;
  await heldWith(1_000);
  const once = await heldWith(visitors);
  const twice = await heldWith(2 * visitors);
  // Arrays double when they are full: of both sizes they are as full.
  expect((twice - once) / visitors).toBeGreaterThan(20);
  expect((twice - once) / visitors).toBeLessThan(150);
  expect(((await heldWith(visitors, 6)) - once) / visitors).toBeLessThan(20);
});
