import { createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createQueryable } from './queryable.ts';

const recordsOf = (timestamps: readonly number[]) => ({
  length: timestamps.length,
  timestampAt: (index: number) => timestamps[index] ?? Number.NaN,
});

test('each record counts by the time since it was appended, one from a clock ahead of ours as none', async () => {
  const metrics = createMetrics();
  const queryable = createQueryable(metrics.countedHistogram('queryable_seconds', 'Time', [0.5, 2]), () => 10_000);
  queryable({ chunks: [recordsOf([9_500]), recordsOf([9_499, 11_000])] });
  queryable({ chunks: [recordsOf([0])] });
  const text = await metrics.text();
  expect(text).toContain('queryable_seconds_bucket{le="0.5"} 2\n');
  expect(text).toContain('queryable_seconds_bucket{le="2"} 3\n');
  expect(text).toContain('queryable_seconds_bucket{le="+Inf"} 4\n');
  expect(text).toContain('queryable_seconds_sum 11.001\n');
});
