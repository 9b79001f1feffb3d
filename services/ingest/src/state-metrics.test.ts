import type { ClickHouse } from '@cartledger/clickhouse';
import { createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { registerStateMetrics } from './state-metrics.ts';
import type { Wait } from './waiting.ts';

const setUp = (query: () => Promise<unknown[]>) => {
  const metrics = createMetrics();
  const state = { now: 0, wait: null as Wait | null };
  registerStateMetrics(
    {
      metrics,
      clickhouse: { query: query as ClickHouse['query'] },
      waiting: { longest: () => state.wait },
      now: () => state.now,
    },
    { maxBytesInFlight: 64 },
  );
  return { metrics, state };
};

test('a wait is shown while it lasts, and not afterwards', async () => {
  const { metrics, state } = setUp(async () => []);
  state.now = 90_000;
  state.wait = { step: 'events', code: 'unavailable', since: 30_000 };
  expect(await metrics.text()).toContain('cartledger_ingest_waiting_seconds{step="events"} 60\n');
  state.wait = null;
  expect(await metrics.text()).not.toContain('cartledger_ingest_waiting_seconds{');
});

test('parts are asked for at most every ten seconds, and old figures do not outlive the store', async () => {
  let asked = 0;
  const { metrics, state } = setUp(async () => {
    asked += 1;
    if (asked === 2) throw new Error('down');
    return [{ table: 'events', parts: 7 }];
  });
  expect(await metrics.text()).toContain('cartledger_ingest_store_parts{table="events"} 7\n');
  await metrics.text();
  expect(asked).toBe(1);
  state.now = 10_000;
  expect(await metrics.text()).not.toContain('cartledger_ingest_store_parts{');
});

test('a store that hangs does not hold a scrape up', async () => {
  const { metrics } = setUp(() => new Promise(() => {}));
  expect(await metrics.text()).toContain('cartledger_ingest_max_bytes_in_flight 64\n');
});
