/**
 * A process that sends events at a steady rate, paced by the clock and never by the answers. Told by its parent:
 * `{burst: n}` sends as fast as it can until n events have been sent in all, `stop` ends it when all is acknowledged.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaLog, type ProduceRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { HOUR_MS } from '@cartledger/funnel';
import { createSimulator } from '@cartledger/simulator';
import { z } from 'zod';
import { STORE } from './store.ts';

const options = z
  .object({ brokers: z.string(), topic: z.string(), rate: z.number(), canaries: z.array(z.string()) })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
const told = z.union([z.literal('stop'), z.object({ burst: z.number() })]);

const TICK_MS = 20;
const PAGE = 2_000;
/** One event in so many belongs to a canary. */
const CANARY_EVERY = 50;
const POOL = 20_000;

const log = createKafkaLog({ brokers: [options.brokers], clientId: 'bench-load' });
const from = Date.now() - HOUR_MS;
const pool = [...createSimulator({ seed: 2, stores: [STORE], from, to: Date.now(), events: POOL }).events()];
const perTick = Math.round((options.rate * TICK_MS) / 1_000);

const state = { sent: 0, acknowledged: 0, behindMs: 0, canaries: 0, burst: 0 };
const ending = new AbortController();

const recordOf = (event: Record<string, unknown> & { visitor_id: string }, now: number): ProduceRecord => ({
  key: `${STORE.store_id}:${event.visitor_id}`,
  value: Buffer.from(JSON.stringify({ ...event, store_id: STORE.store_id, occurred_at: now })),
  headers: { [RECEIVED_AT_HEADER]: `${now}` },
});

/** Its id says when it was sent: who finds it in the store knows how long that took. */
const canary = (now: number): ProduceRecord => {
  const which = state.canaries++ % options.canaries.length;
  const sentAt = (performance.timeOrigin + performance.now()).toFixed(3);
  return recordOf(
    { event_id: `c_${which}_${state.canaries}_${sentAt}`, type: 'visit', visitor_id: options.canaries[which] ?? '' },
    now,
  );
};

const next = (now: number): ProduceRecord => {
  const n = state.sent++;
  if (options.canaries.length > 0 && n % CANARY_EVERY === 0) return canary(now);
  const { received_at: _, sent_at: __, ...event } = pool[n % POOL] ?? pool[0] ?? { visitor_id: '' };
  return recordOf({ ...event, event_id: `l_${n}` } as Record<string, unknown> & { visitor_id: string }, now);
};

const send = async (count: number): Promise<void> => {
  const now = Date.now();
  await log.produce(
    options.topic,
    Array.from({ length: count }, () => next(now)),
  );
  state.acknowledged += count;
};

const fail = (error: unknown): never => {
  console.error(error);
  process.exit(1);
};

process.on('message', (message) => {
  const wish = told.parse(message);
  if (wish === 'stop') ending.abort();
  else state.burst = wish.burst;
});
process.on('disconnect', () => process.exit(0));

const report = setInterval(() => process.send?.({ ...state }), 200);

/** When the tick after so many is due; begun anew after a burst. */
let begun = performance.now();
let ticks = 0;
const inHand = new Set<Promise<void>>();
while (!ending.signal.aborted) {
  if (state.burst > state.sent) {
    await send(Math.min(PAGE, state.burst - state.sent)).catch(fail);
    [begun, ticks] = [performance.now(), 0];
    continue;
  }
  const lateMs = performance.now() - (begun + ticks * TICK_MS);
  if (lateMs < 0) {
    await sleep(-lateMs);
    continue;
  }
  state.behindMs = Math.max(state.behindMs, lateMs);
  ticks += 1;
  const sending = send(perTick)
    .catch(fail)
    .finally(() => inHand.delete(sending));
  inHand.add(sending);
}
await Promise.all(inHand);
clearInterval(report);
process.send?.({ ...state, done: true });
await log.stop();
process.disconnect();
