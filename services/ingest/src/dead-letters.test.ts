import { decodeDeadLetter, EventLogError, type LogRecord, type ProduceRecord } from '@cartledger/event-log';
import { rejection } from '@cartledger/events';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createDeadLetters } from './dead-letters.ts';
import { createIngestMetrics } from './metrics.ts';
import { tooLarge } from './testing/fake-log.ts';
import { createWaiting } from './waiting.ts';

const setUp = (produce: (records: readonly ProduceRecord[]) => Promise<void>) => {
  const metrics = createIngestMetrics(createMetrics());
  const logger = createLogger({ component: 'test', level: 'silent' });
  return createDeadLetters(
    {
      log: { produce: (_topic, records) => produce(records) },
      metrics,
      waiting: createWaiting({ now: () => 0, logger, metrics }),
      backoffMs: () => 1,
    },
    { topic: 'dead', eventsTopic: 'events' },
  );
};

const letter = (offset: number, bytes: number) => ({
  record: {
    partition: 1,
    offset: BigInt(offset),
    timestamp: 0,
    key: null,
    value: Buffer.alloc(bytes, 120),
    headers: {},
  },
  rejection: rejection('malformed_json', ''),
});

const decode = ({ key, value, headers = {} }: ProduceRecord) => {
  const record: LogRecord = {
    partition: 0,
    offset: 0n,
    timestamp: 0,
    key: Buffer.from(key),
    value,
    headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, Buffer.from(header)])),
  };
  return decodeDeadLetter(record);
};

const { signal } = new AbortController();

test('many letters go in several calls, none of them large', async () => {
  const calls: number[] = [];
  const deadLetters = setUp(async (records) => {
    calls.push(records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0));
  });
  await deadLetters.write(
    Array.from({ length: 1_000 }, (_, i) => letter(i, 1_000)),
    'epoch',
    signal,
  );
  expect(calls.reduce((a, b) => a + b)).toBe(1_000_000);
  expect(Math.max(...calls)).toBeLessThan(300_000);
});

test('a letter too large for the topic leaves a stub, and its neighbours their bytes', async () => {
  const kept = new Map<string, ReturnType<typeof decode>>();
  const deadLetters = setUp(async (records) => {
    for (const record of records) {
      if ((record.value?.length ?? 0) > 60_000) throw tooLarge();
      const one = decode(record);
      kept.set(String(one?.origin.offset), one);
    }
  });
  await deadLetters.write([letter(1, 10), letter(2, 70_000), letter(3, 10)], 'epoch', signal);
  expect([...kept.keys()]).toEqual(['1', '2', '3']);
  expect(kept.get('1')).toMatchObject({ stub: null, value: Buffer.alloc(10, 120) });
  expect(kept.get('2')).toMatchObject({ value: null, stub: { bytes: 70_000 } });
});

test('writing resolves only when every letter was acknowledged', async () => {
  let attempts = 0;
  const deadLetters = setUp(async () => {
    attempts += 1;
    if (attempts < 5) throw new EventLogError('timeout', 'no answer', { retriable: true });
  });
  await deadLetters.write([letter(1, 10)], 'epoch', signal);
  expect(attempts).toBe(5);
});

test('a log that was closed ends the writing with its error', async () => {
  const deadLetters = setUp(async () => {
    throw new EventLogError('closed', 'stopped', { retriable: false });
  });
  await expect(deadLetters.write([letter(1, 10)], 'epoch', signal)).rejects.toMatchObject({ code: 'closed' });
});
