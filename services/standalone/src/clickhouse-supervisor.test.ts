import { LocalStackError } from '@cartledger/local-stack';
import { createLogger } from '@cartledger/service';
import { expect, test } from 'vitest';
import { superviseClickHouse } from './clickhouse-supervisor.ts';

/** Servers that end when told to; `started` has the port each was asked to take, `told` what was said. */
const setUp = async ({ earlierPort, taken }: { earlierPort?: number; taken?: number } = {}) => {
  const told: string[] = [];
  const started: number[] = [];
  const stopped: number[] = [];
  const failures: unknown[] = [];
  const ends: (() => void)[] = [];
  const failed = Promise.withResolvers<void>();
  let restarted = Promise.withResolvers<void>();
  const server = await superviseClickHouse({
    readableDatabases: [],
    earlierPort,
    tell: (text) => told.push(text),
    dir: '/nowhere',
    logger: createLogger({ component: 'test', level: 'silent' }),
    fail: (error) => {
      failures.push(error);
      failed.resolve();
    },
    start: async (httpPort) => {
      const number = started.push(httpPort);
      if (httpPort === taken) throw new LocalStackError('address_in_use', 'another program listens');
      const { promise: exited, resolve } = Promise.withResolvers<void>();
      ends.push(resolve);
      restarted.resolve();
      const stop = async () => {
        stopped.push(number);
        resolve();
      };
      return { url: 'http://u:p@127.0.0.1:4711', readOnlyUrl: 'http://r:p@127.0.0.1:4711', exited, stop };
    },
    restartDelayMs: 0,
  });
  const endLast = async (): Promise<void> => {
    restarted = Promise.withResolvers();
    ends.at(-1)?.();
    await Promise.race([restarted.promise, failed.promise]);
  };
  return { server, started, stopped, failures, told, endLast };
};

test('a server that ends by itself is started again on its port, the dead one’s directory freed first', async () => {
  const { server, started, stopped, failures, endLast } = await setUp();
  await endLast();
  expect(started).toEqual([0, 4711]);
  expect(stopped).toEqual([1]);
  await server[Symbol.asyncDispose]();
  expect(stopped).toContain(2);
  expect(failures).toEqual([]);
});

test('the port of an earlier start is taken again', async () => {
  const { server, started, told } = await setUp({ earlierPort: 4711 });
  expect([started, told]).toEqual([[4711], []]);
  await server[Symbol.asyncDispose]();
});

test('another port is taken, and that is said, when another program has the earlier one', async () => {
  const { server, started, told } = await setUp({ earlierPort: 4712, taken: 4712 });
  expect(started).toEqual([4712, 0]);
  expect(told).toEqual([expect.stringContaining('4712, is taken by another program')]);
  await server[Symbol.asyncDispose]();
});

test('one that does not stay up is reported, not started for ever', async () => {
  const { server, started, failures, endLast } = await setUp();
  for (let i = 0; i < 6; i++) await endLast();
  expect(started).toHaveLength(6);
  expect(String(failures[0])).toContain('has ended 6 times within a minute');
  await server[Symbol.asyncDispose]();
});

test('one that is stopped stays stopped', async () => {
  const { server, started, failures } = await setUp();
  await server[Symbol.asyncDispose]();
  expect(started).toEqual([0]);
  expect(failures).toEqual([]);
});
