import { ClickHouseError } from '@cartledger/clickhouse';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createIngestMetrics } from './metrics.ts';
import { createWaiting } from './waiting.ts';

const setUp = () => {
  const clock = { now: 1_000 };
  const waiting = createWaiting({
    now: () => clock.now,
    logger: createLogger({ component: 'test', level: 'silent' }),
    metrics: createIngestMetrics(createMetrics()),
  });
  return { clock, waiting };
};

test('a wait counts from the beginning of the attempt that fails first', async () => {
  const { clock, waiting } = setUp();
  await waiting.during('events', async (onFailure) => {
    expect(waiting.longest()).toBe(null);
    clock.now += 4_000;
    onFailure(new ClickHouseError('timeout', 'no answer'));
    expect(waiting.longest()).toEqual({ step: 'events', code: 'timeout', since: 1_000 });
  });
  expect(waiting.longest()).toBe(null);
  expect(waiting.endedAt()).toBe(5_000);
});

test('an attempt that gets no answer is a wait after a while, of its partition', async () => {
  const { clock, waiting } = setUp();
  const answer = Promise.withResolvers<void>();
  const done = waiting.of(1).during('touches', () => answer.promise);
  clock.now += 4_999;
  expect(waiting.longest()).toBe(null);
  clock.now += 1;
  expect(waiting.longest()).toEqual({ step: 'touches', code: 'unanswered', since: 1_000 });
  expect(waiting.of(0).longest()).toBe(null);
  answer.resolve();
  await done;
  expect(waiting.longest()).toBe(null);
});

test('what is answered in time was no wait', async () => {
  const { waiting } = setUp();
  await waiting.during('events', async () => {});
  expect(waiting.endedAt()).toBe(null);
});
