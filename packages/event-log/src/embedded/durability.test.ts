import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { until } from '../conformance/harness.ts';
import { EventLogError, type LogRecord } from '../port.ts';
import { measureRecords } from '../record-bytes.ts';
import { createAppender } from './appender.ts';
import { openDatabase } from './database.ts';
import { createEmbeddedLog, type EmbeddedLog } from './log.ts';
import { loadTopics } from './topics.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'event-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function valuesOf(log: EmbeddedLog, topic: string, partition = 0): Promise<string[]> {
  const records: LogRecord[] = [];
  for await (const record of log.read(topic, partition, 0n, 1_000_000_000n)) {
    records.push(record);
  }
  return records.map(({ value }) => String(value));
}

/** A process that produces numbers as fast as it can, prints those acknowledged, and never ends by itself. */
function startProducer(first: number) {
  const script = `
    import { createEmbeddedLog } from ${JSON.stringify(new URL('./log.ts', import.meta.url).href)};
    const log = createEmbeddedLog({ dir: process.argv[1] });
    await log.ensureTopic('t', { partitions: 2 });
    const produce = async (start, step) => {
      for (let n = start; ; n += step) {
        await log.produce('t', [{ key: 'key-' + (start % 4), value: Buffer.from(String(n)) }]);
        process.stdout.write(n + '\\n');
      }
    };
    await Promise.all([0, 1, 2, 3].map((i) => produce(Number(process.argv[2]) + i, 4)));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dir, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: number[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => acknowledged.push(Number(line)));
  return { child, acknowledged };
}

test('a process killed at any moment loses nothing it acknowledged, and its log goes on where it was', async () => {
  const all: number[] = [];
  for (const [round, enough] of [1, 40, 333, 1_000].entries()) {
    const { child, acknowledged } = startProducer(round * 1_000_000);
    await until(() => acknowledged.length >= enough);
    child.kill('SIGKILL');
    await once(child, 'close');
    all.push(...acknowledged);
  }
  const log = createEmbeddedLog({ dir });
  const partitions = [await valuesOf(log, 't', 0), await valuesOf(log, 't', 1)];
  const kept = partitions.flat().map(Number);
  expect(new Set(all).difference(new Set(kept))).toEqual(new Set());
  expect(new Set(kept).size).toBe(kept.length);
  for (const [index, { earliest, end }] of (await log.offsets('t')).entries()) {
    expect(Number(end - earliest)).toBe(partitions[index]?.length);
  }
  // Of each writer (four a round), in the order it wrote.
  for (const values of partitions) {
    const last = new Map<string, number>();
    for (const value of values.map(Number)) {
      const writer = `${Math.floor(value / 1_000_000)}/${value % 4}`;
      expect(value).toBeGreaterThan(last.get(writer) ?? -1);
      last.set(writer, value);
    }
  }
  await log.stop();
}, 60_000);

test('a second process on the same directory is refused with what to do, until the first one ends', async () => {
  const { child, acknowledged } = startProducer(0);
  await until(() => acknowledged.length > 0);
  expect(() => createEmbeddedLog({ dir })).toThrow(/in use by another process: stop it, or choose another directory/);
  child.kill('SIGKILL');
  await once(child, 'close');
  const log = createEmbeddedLog({ dir });
  expect(() => createEmbeddedLog({ dir })).toThrow(EventLogError);
  await log.stop();
});

test('a full log answers full, keeps what it acknowledged, and takes records again when there is room', async () => {
  const log = createEmbeddedLog({ dir, maxFileBytes: 512 * 1024 });
  await log.ensureTopic('t', { partitions: 1 });
  const value = Buffer.alloc(10_000, 'x');
  let acknowledged = 0;
  const fill = async () => {
    for (;;) {
      await log.produce('t', [{ key: 'k', value }]);
      acknowledged++;
    }
  };
  await expect(fill()).rejects.toMatchObject({ name: 'EventLogError', code: 'full', retriable: true });
  expect(acknowledged).toBeGreaterThan(10);
  expect(await valuesOf(log, 't')).toHaveLength(acknowledged);
  expect(await log.healthy()).toBe(true);

  await log.deleteRecords('t', 0, BigInt(acknowledged - 5));
  await log.produce('t', [{ key: 'k', value: Buffer.from('after') }]);
  expect((await valuesOf(log, 't')).at(-1)).toBe('after');
  expect((await log.offsets('t'))[0]?.end).toBe(BigInt(acknowledged + 1));
  await log.stop();
});

test('a commit fits into a full log', async () => {
  const log = createEmbeddedLog({ dir, maxFileBytes: 256 * 1024 });
  await log.ensureTopic('t', { partitions: 1 });
  let epoch: number | undefined;
  const consumer = await log.consume({
    topic: 't',
    groupId: 'g',
    handlers: {
      async onAssigned(assignment) {
        epoch = assignment.assignmentEpoch;
        return 'earliest';
      },
      onRevoked() {},
      onBatch() {},
      onGap() {},
      onFatal() {},
    },
  });
  await until(() => epoch !== undefined);
  expect(await consumer.commit(0, epoch ?? 0, 0n, '')).toBe(true);
  const fill = async () => {
    for (;;) {
      await log.produce('t', [{ key: 'k', value: Buffer.alloc(5_000) }]);
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: 'full' });
  expect(await consumer.commit(0, epoch ?? 0, 7n, 'm')).toBe(true);
  await log.stop();
});

test('what could not be flushed is not acknowledged, not shown, and nothing is written after it', async () => {
  const database = openDatabase(dir, {});
  const broken: Error[] = [];
  const sync = vi.fn<() => Promise<void>>(() => database.sync());
  const topics = loadTopics(database, () => 'epoch');
  const topic = topics.ensure('t', { partitions: 1 });
  const appender = createAppender(
    { ...database, sync },
    () => 0,
    () => {},
    (error) => void broken.push(error),
  );
  const one = (value: string) => measureRecords([{ key: 'k', value: Buffer.from(value) }], 1_000);
  await appender.write(topic, one('1'));
  sync.mockRejectedValueOnce(new Error('EIO'));
  const failure = { code: 'unavailable', retriable: false };
  await expect(appender.write(topic, one('2'))).rejects.toMatchObject(failure);
  await expect(appender.write(topic, one('3'))).rejects.toMatchObject(failure);
  expect(topic.partitions[0]?.end).toBe(1);
  expect(appender.trusted).toBe(false);
  expect(broken).toHaveLength(1);
  database.close();
});
