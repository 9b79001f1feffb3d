import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ConfigError } from './config.ts';
import { createLogger } from './logger.ts';
import { runMain } from './run-main.ts';

const setUp = () => {
  const events = new EventEmitter();
  const exits: number[] = [];
  const exited = Promise.withResolvers<number>();
  let printed = '';
  const host = {
    on: (name: string, listener: (...args: unknown[]) => void) => events.on(name, listener),
    exit: (code: number) => {
      exits.push(code);
      exited.resolve(code);
    },
    stderr: {
      write: (text: string) => {
        printed += text;
      },
    },
  };
  return {
    events,
    exits,
    exited: exited.promise,
    host,
    logger: createLogger({ component: 'test', level: 'silent' }),
    printed: () => printed,
  };
};

describe('runMain', () => {
  test.each(['SIGINT', 'SIGTERM'])('%s stops in order, once, with status 0', async (signal) => {
    const { events, exited, exits, host, logger } = setUp();
    let stops = 0;
    const done = runMain(
      async () => ({
        stop: async () => {
          stops++;
        },
      }),
      { host, logger },
    );
    await Promise.resolve();
    events.emit(signal);
    expect(await exited).toBe(0);
    await done;
    expect({ stops, exits }).toEqual({ stops: 1, exits: [0] });
  });

  test('a second signal ends a stop that hangs', async () => {
    const { events, exited, host, logger } = setUp();
    void runMain(async () => ({ stop: () => new Promise(() => {}) }), { host, logger });
    events.emit('SIGTERM');
    events.emit('SIGINT');
    expect(await exited).toBe(130);
  });

  test('copies of a signal within a second are one; the same one later ends a stop that hangs', async () => {
    const { events, exited, exits, host, logger } = setUp();
    let now = 5_000;
    void runMain(async () => ({ stop: () => new Promise(() => {}) }), { host, logger, now: () => now });
    events.emit('SIGINT');
    now += 999;
    events.emit('SIGINT');
    expect(exits).toEqual([]);
    now += 1;
    events.emit('SIGINT');
    expect(await exited).toBe(130);
  });

  test('a stop that takes too long is ended with status 1', async () => {
    const { events, exited, host, logger } = setUp();
    void runMain(async () => ({ stop: () => new Promise(() => {}) }), { host, logger, stopTimeoutMs: 20 });
    events.emit('SIGTERM');
    const keepAlive = setInterval(() => {}, 10);
    expect(await exited).toBe(1);
    clearInterval(keepAlive);
  });

  test('a signal while starting stops what start answers', async () => {
    const { events, exited, host, logger } = setUp();
    const started = Promise.withResolvers<{ stop(): Promise<void> }>();
    let stopped = false;
    void runMain(() => started.promise, { host, logger });
    events.emit('SIGINT');
    started.resolve({
      stop: async () => {
        stopped = true;
      },
    });
    expect(await exited).toBe(0);
    expect(stopped).toBe(true);
  });

  test('a signal tells the start, which may leave off early', async () => {
    const { events, exited, host, logger } = setUp();
    const done = runMain(
      async ({ stopping }) => {
        expect(stopping.aborted).toBe(false);
        events.emit('SIGINT');
        expect(stopping.aborted).toBe(true);
        return { stop: async () => {} };
      },
      { host, logger },
    );
    expect(await exited).toBe(0);
    await done;
  });

  test('fail() stops in order and ends with status 1', async () => {
    const { exited, host, logger } = setUp();
    let stopped = false;
    await runMain(
      async (life) => {
        life.fail(new Error('lost'));
        return {
          stop: async () => {
            stopped = true;
          },
        };
      },
      { host, logger },
    );
    expect(await exited).toBe(1);
    expect(stopped).toBe(true);
  });

  test('what is found out later to be unusable is printed, stopped in order and ends with status 2', async () => {
    const { exited, host, logger, printed } = setUp();
    let stopped = false;
    await runMain(
      async (life) => {
        life.fail(new ConfigError(['table events: fsync_after_insert is 0']));
        return {
          stop: async () => {
            stopped = true;
          },
        };
      },
      { host, logger },
    );
    expect(await exited).toBe(2);
    expect(stopped).toBe(true);
    expect(printed()).toContain('table events: fsync_after_insert is 0');
  });

  test('a bad configuration is printed and ends with status 2, another failure to start with 1', async () => {
    const bad = setUp();
    await runMain(() => Promise.reject(new ConfigError(['CARTLEDGER_PORT is "x"'])), bad);
    expect(await bad.exited).toBe(2);
    expect(bad.printed()).toContain('CARTLEDGER_PORT is "x"');
    const other = setUp();
    await runMain(() => Promise.reject(new Error('no port')), other);
    expect(await other.exited).toBe(1);
  });
});
