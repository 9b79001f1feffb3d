import { packRecords } from '@cartledger/event-log';
import { createHasher } from '@cartledger/events';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createBatchSteps } from './batch-steps.ts';
import { createDesks } from './desks.ts';
import { createIngestMetrics } from './metrics.ts';
import { createRecordRun } from './record-run.ts';
import { createTakeIn } from './take-in.ts';
import { eventRecord, NOW } from './testing/samples.ts';
import { createWaiting } from './waiting.ts';

test('a desk is given back when nothing of it is on its way any more, though another step has failed before', async () => {
  const metrics = createIngestMetrics(createMetrics());
  const now = () => NOW;
  const stores = {
    get: () => ({ maxAgeDays: 400 }),
    freshSince: () => Promise.resolve(),
    refreshIfStale: () => Promise.resolve(),
  };
  const desks = createDesks({ stores, hasher: await createHasher() });
  const steps: string[] = [];
  const touches = Promise.withResolvers<void>();
  const takeIn = createBatchSteps({
    takeIn: createTakeIn({ stores, now }),
    now,
    stores,
    deadLetters: { write: () => Promise.resolve() },
    writer: {
      writeEvents: (_, accepted) => Promise.resolve({ landed: accepted, refused: [] }),
      writeTouches: () => touches.promise.then(() => void steps.push('touches answered')),
    },
    tally: {
      write: () => {
        steps.push('counts failed');
        return Promise.reject(new Error('the partition is no longer assigned'));
      },
    },
    desks: {
      take: desks.take,
      giveBack: (desk) => {
        steps.push('given back');
        desks.giveBack(desk);
      },
    },
    newBatchId: () => '01234567-89ab-4def-8123-456789abcdef',
    metrics,
    waiting: createWaiting({ now, logger: createLogger({ component: 'test', level: 'silent' }), metrics }),
    backoffMs: () => 1,
  });
  const { key, value, timestamp = NOW } = eventRecord();
  const record = { partition: 0, offset: 0n, timestamp, key: Buffer.from(key), value, headers: {} };
  const batch = { records: createRecordRun([packRecords([record])]), bytes: 0, arrivedAt: NOW };
  const failed = expect(takeIn(batch, 'epoch', new AbortController().signal)).rejects.toThrow('no longer assigned');
  while (steps.length === 0) await new Promise((resolve) => setImmediate(resolve));
  touches.resolve();
  await failed;
  expect(steps).toEqual(['counts failed', 'touches answered', 'given back']);
});
