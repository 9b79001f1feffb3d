import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createInflight } from './inflight.ts';
import { createIngestMetrics } from './metrics.ts';
import { createPartitionWorker } from './partition-worker.ts';

test('a commit that is made again is told of only when the log has acknowledged it', async () => {
  const outcomes = [() => Promise.reject(new Error('down')), async () => false, async () => true];
  const worker = createPartitionWorker(
    {
      takeInBatch: async () => {},
      commit: () => (outcomes.shift() ?? expect.fail())(),
      setAside: async () => {},
      onGap: () => {},
      onCommit: () => {},
      share: createInflight({ maxBytes: 1 }).open({ pause: () => {}, resume: () => {} }),
      metrics: createIngestMetrics(createMetrics()),
      logger: createLogger({ component: 'test', level: 'silent' }),
      now: Date.now,
      onFatal: () => expect.fail(),
    },
    {
      partition: 0,
      assignmentEpoch: 1,
      topicEpoch: 'a',
      start: 5n,
      bounds: { maxRows: 1, maxBytes: 1, maxAgeMs: 0 },
    },
  );
  expect([await worker.commitAgain(), await worker.commitAgain(), await worker.commitAgain()]).toEqual([
    false,
    false,
    true,
  ]);
  worker.stop();
});
