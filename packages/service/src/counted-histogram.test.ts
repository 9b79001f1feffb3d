import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('counts that are added at once are shown as if each had been observed', async () => {
  const [counted, observed] = [createMetrics(), createMetrics()];
  const histogram = counted.countedHistogram('seconds', 'How long', [0.1, 1]);
  const reference = observed.histogram('seconds', 'How long', [], [0.1, 1]);
  expect(await counted.text()).toBe(await observed.text());

  histogram.add([2, 1, 0], 0.625);
  histogram.add(Uint32Array.of(0, 0, 1), 5);
  for (const value of [0.0625, 0.0625, 0.5, 5]) reference.observe(value);
  expect(await counted.text()).toBe(await observed.text());
});
