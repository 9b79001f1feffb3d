import type { ProduceRecord } from '@cartledger/event-log';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSpoolingAppender } from './spooling-appender.ts';
import { failure, memorySpool, silent } from './testing/memory-spool.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const PATIENCE_MS = 2_000;
const LIVE = { imported: false };

/** A log that takes everything until told otherwise, and an appender with a spool before it. */
const setUp = async (memory: Awaited<ReturnType<typeof memorySpool>> | null = null) => {
  const { spool, before } = memory ?? (await memorySpool());
  const landed: string[] = [];
  let behave: (() => Promise<void>) | null = null;
  const log = {
    async produce(_: string, records: readonly ProduceRecord[]) {
      await behave?.();
      landed.push(...records.map(({ value }) => String(value)));
    },
  };
  const appender = createSpoolingAppender(
    { log, spool, logger: silent, now: Date.now, random: () => 0 },
    { topic: 'events', logPatienceMs: PATIENCE_MS, drainMs: 1_000 },
  );
  return {
    appender,
    spool,
    before,
    landed,
    append: (...names: string[]) =>
      appender.append(
        names.map((name) => ({ key: 'visitor', value: Buffer.from(name) })),
        LIVE,
      ),
    onProduce: (next: (() => Promise<void>) | null) => {
      behave = next;
    },
  };
};
const refuse = () => Promise.reject(failure('unavailable'));
const hang = () => new Promise<void>(() => {});
const backoffPasses = () => vi.advanceTimersByTimeAsync(10_000);

describe('while the log answers', () => {
  test('events go past the spool', async () => {
    const { append, landed, appender, spool } = await setUp();
    await append('a', 'b');
    expect(landed).toEqual(['a', 'b']);
    expect(appender.state).toBe('direct');
    expect(spool.events).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['too_large', false],
    ['unknown_topic', true],
    ['closed', false],
    ['unavailable', false],
  ] as const)('what no waiting mends is refused, not kept (%s)', async (code, retriable) => {
    const { append, onProduce, appender, spool } = await setUp();
    onProduce(() => Promise.reject(failure(code, retriable)));
    await expect(append('a')).rejects.toMatchObject({ status: 503 });
    expect(appender.state).toBe('direct');
    expect(spool.events).toBe(0);
    expect(await appender.problem()).toContain('did not take the last events');
  });
});

describe('when the log goes away', () => {
  test.each(['unavailable', 'timeout', 'full'] as const)('events are kept on disk (%s)', async (code) => {
    const { append, onProduce, appender, spool, landed } = await setUp();
    onProduce(() => Promise.reject(failure(code)));
    await append('a', 'b');
    expect([appender.state, spool.events, landed]).toEqual(['spooling', 2, []]);
    expect(await appender.problem()).toBeNull();
  });

  test('a log that hangs is away when its patience is over, for all who wait for it at once', async () => {
    const { append, onProduce, appender, spool } = await setUp();
    onProduce(hang);
    const first = append('a');
    await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    const second = append('b');
    expect(appender.state).toBe('direct');
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all([first, second]);
    expect([appender.state, spool.events]).toEqual(['spooling', 2]);
  });

  test('nothing is acknowledged before it is on the disk', async () => {
    const { append, onProduce, before } = await setUp();
    const disk = Promise.withResolvers<void>();
    before.produce = () => disk.promise;
    onProduce(refuse);
    let done = false;
    const appending = append('a').then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(done).toBe(false);
    disk.resolve();
    await appending;
  });

  test('newer events do not overtake older ones, though the log is back', async () => {
    const { append, onProduce, landed } = await setUp();
    onProduce(refuse);
    await append('a');
    onProduce(null);
    await append('b');
    expect(landed).toEqual([]);
    await backoffPasses();
    await append('c');
    expect(landed).toEqual(['a', 'b', 'c']);
  });

  test('an answer that comes late repeats an event and changes no order', async () => {
    const { append, onProduce, landed } = await setUp();
    const late = Promise.withResolvers<void>();
    onProduce(() => late.promise);
    const first = append('a');
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    await first;
    onProduce(refuse);
    await append('b');
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    onProduce(null);
    await backoffPasses();
    await append('c');
    expect(landed).toEqual(['a', 'a', 'b', 'c']);
  });

  test('a full spool refuses, saying for how long; the log’s return makes room', async () => {
    const { append, onProduce, landed, appender } = await setUp(await memorySpool({ maxRecords: 1 }));
    onProduce(refuse);
    await append('a');
    await expect(append('b')).rejects.toMatchObject({ code: 'log_full', headers: { 'Retry-After': '30' } });
    expect(await appender.problem()).toContain('the spool has no room');
    onProduce(null);
    await backoffPasses();
    await append('c');
    expect(landed).toEqual(['a', 'c']);
    expect(await appender.problem()).toBeNull();
  });

  test('imports are refused: they come again, and must not fill the spool', async () => {
    const { appender, onProduce, spool } = await setUp();
    const importOne = () => appender.append([{ key: 'k', value: null }], { imported: true });
    onProduce(refuse);
    await expect(importOne()).rejects.toMatchObject({ code: 'log_unavailable' });
    expect(await appender.problem()).toBeNull();
    await appender.append([{ key: 'k', value: null }], LIVE);
    await expect(importOne()).rejects.toMatchObject({ code: 'log_unavailable' });
    expect(spool.events).toBe(1);
  });
});

describe('when the log is back', () => {
  test('the spool is sent in slices, each dropped only when the log has it', async () => {
    const { append, onProduce, spool, landed, appender } = await setUp();
    onProduce(refuse);
    for (let n = 0; n < 5; n++) await append(...Array.from({ length: 1_000 }, (_, i) => `${n * 1_000 + i}`));
    const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let asked = 0;
    onProduce(() => answers[asked++]?.promise ?? Promise.resolve());
    await backoffPasses();
    expect([asked, spool.events]).toEqual([1, 5_000]);
    answers[0]?.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([asked, spool.events, appender.state]).toEqual([2, 3_000, 'draining']);
    answers[1]?.reject(failure('timeout'));
    await vi.advanceTimersByTimeAsync(0);
    expect([spool.events, appender.state]).toEqual([3_000, 'spooling']);
    await backoffPasses();
    expect(landed).toEqual(Array.from({ length: 5_000 }, (_, i) => `${i}`));
    expect(appender.state).toBe('direct');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a steady stream of events does not keep it from going direct again', async () => {
    const { append, onProduce, appender, landed } = await setUp();
    const sent: string[] = [];
    let n = 0;
    const sending = setInterval(() => {
      const name = `${n++}`;
      sent.push(name);
      void append(name);
    }, 1);
    // Each answer takes as long as a few new events.
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 5));
    onProduce(refuse);
    await vi.advanceTimersByTimeAsync(200);
    expect(appender.state).toBe('spooling');
    onProduce(slow);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(appender.state).toBe('direct');
    clearInterval(sending);
    await vi.advanceTimersByTimeAsync(100);
    expect(landed).toEqual(sent);
  });

  test('who waits for the last of the spool waits no longer than the log may take', async () => {
    const { append, onProduce, appender, spool } = await setUp();
    onProduce(refuse);
    await append(...Array.from({ length: 3_000 }, (_, i) => `${i}`));
    let asked = 0;
    onProduce(() => (asked++ === 0 ? Promise.resolve() : hang()));
    await vi.advanceTimersByTimeAsync(500);
    expect([appender.state, spool.events]).toEqual(['draining', 1_000]);
    const appending = append('late');
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    await appending;
    expect([appender.state, spool.events]).toEqual(['spooling', 1_001]);
  });
});

describe('over the end of a process', () => {
  test('what an earlier run has left goes first', async () => {
    const memory = await memorySpool();
    const first = await setUp(memory);
    first.onProduce(refuse);
    await first.append('a', 'b');
    await first.appender.stop();

    const second = await setUp(memory);
    expect(second.appender.state).toBe('draining');
    await second.append('c');
    await vi.advanceTimersByTimeAsync(0);
    expect(second.landed).toEqual(['a', 'b', 'c']);
    expect(second.appender.state).toBe('direct');
  });

  test('a stop goes on draining for a while and leaves the rest on disk; nothing runs after it', async () => {
    const { append, onProduce, appender, spool, landed } = await setUp();
    onProduce(refuse);
    await append(...Array.from({ length: 9_000 }, (_, i) => `${i}`));
    onProduce(() => new Promise((resolve) => setTimeout(resolve, 400)));
    await vi.advanceTimersByTimeAsync(700);
    expect(appender.state).toBe('draining');
    const stopping = appender.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    await stopping;
    const left = spool.events;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(7_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(landed.length).toBeLessThanOrEqual(9_000 - left + 2_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a spool whose disk cannot be trusted makes it not ready', async () => {
    const memory = await memorySpool();
    memory.spool.healthy = async () => false;
    const { appender } = await setUp(memory);
    expect(await appender.problem()).toContain('restart the collector');
  });
});
