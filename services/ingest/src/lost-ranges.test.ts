import type { ConsumerHandlers } from '@cartledger/event-log';
import { createLogger } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createLostRanges, notingGaps } from './lost-ranges.ts';
import { until } from './testing/harness.ts';

const HANDLERS: ConsumerHandlers = {
  onAssigned: async () => 'earliest',
  onRevoked: () => {},
  onBatch: () => {},
  onGap: () => {},
  onFatal: () => {},
};

test('a receipt that the control store does not take is tried again, and gaps that come together are all kept', async () => {
  const documents = new Map<string, unknown>();
  let failures = 3;
  const lost = createLostRanges(
    {
      get: async (name) => documents.get(name) ?? null,
      set: async (name, value) => {
        failures -= 1;
        if (failures >= 0) throw new Error('down');
        documents.set(name, value);
      },
    },
    'events',
  );
  const handlers = notingGaps(HANDLERS, {
    lost,
    epochOf: () => 'a',
    backoffMs: () => 1,
    life: new AbortController().signal,
    logger: createLogger({ component: 'test', level: 'silent' }),
    now: () => 7,
  });
  handlers.onGap(0, 0n, 5n);
  handlers.onGap(0, 9n, 12n);
  await until(async () => (await lost.of(0)).length === 2);
  expect(await lost.of(0)).toEqual([
    { epoch: 'a', from: 0n, to: 5n, at: 7 },
    { epoch: 'a', from: 9n, to: 12n, at: 7 },
  ]);
});
