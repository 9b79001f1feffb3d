import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { adminKey, eventIn, NOW, setUp, visit } from './testing/harness.ts';
import { failure, memorySpool } from './testing/memory-spool.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('while the log is away events are accepted, and come into it later with the time of their request', async () => {
  const { spool } = await memorySpool({ now: () => NOW });
  const { send, onProduce, produced, health, metrics, pass } = setUp({}, spool);
  onProduce(() => Promise.reject(failure('unavailable')));
  const answer = await send([visit({ event_id: 'a' }), visit({ event_id: 'b', type: 'x' })]);
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
  expect((await send([visit()], { authorization: `Bearer ${adminKey}`, 'cartledger-import': '1' })).status).toBe(503);
  expect((await health.readiness()).ready).toBe(true);

  pass(60_000);
  const text = await metrics.text();
  expect(text).toContain('cartledger_collector_events_total{outcome="accepted"} 1');
  expect(text).toContain('cartledger_collector_state{state="spooling"} 1');
  expect(text).toContain('cartledger_collector_state{state="direct"} 0');
  expect(text).toContain('cartledger_collector_spool_events 1');
  expect(text).toContain('cartledger_collector_spool_oldest_seconds 60');
  expect(text).toContain('cartledger_collector_spooled_events_total 1');

  onProduce(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(produced.map(eventIn)).toMatchObject([{ event_id: 'a' }]);
  expect(String(produced[0]?.headers?.['cartledger-received-at'])).toBe(String(NOW));
  expect(await metrics.text()).toContain('cartledger_collector_drained_events_total 1');
});

test('what is in the spool when the collector stops is not lost, and is told', async () => {
  const { spool } = await memorySpool();
  const { send, onProduce, collector, logged } = setUp({}, spool);
  onProduce(() => Promise.reject(failure('unavailable')));
  await send([visit()]);
  await collector.stop();
  expect(spool.events).toBe(1);
  expect(logged()).toContain('events stay in the spool');
});
