import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LogConsumer } from '../port.ts';
import { createEmbeddedLog, type EmbeddedLogOptions } from './log.ts';

const HOUR = 60 * 60 * 1000;
let dir: string;
let clock: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'event-log-'));
  clock = 1_700_000_000_000;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (retention: EmbeddedLogOptions['retention']) =>
  createEmbeddedLog({ dir, now: () => clock, retention: { checkIntervalMs: 5, ...retention } });

const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ key: 'k', value: Buffer.from(`${i}`) }));

/** A group that read everything and committed at `offset`. */
async function commitAt(log: ReturnType<typeof open>, offset: bigint): Promise<LogConsumer> {
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
  await vi.waitUntil(() => epoch !== undefined);
  await consumer.commit(0, epoch ?? 0, offset, '');
  return consumer;
}

const earliest = async (log: ReturnType<typeof open>) => Number((await log.offsets('t'))[0]?.earliest);

/** Resolves when retention has gone over the topics before this one: to see that something was not removed. */
async function oneCheck(log: ReturnType<typeof open>): Promise<void> {
  await log.ensureTopic('z', { partitions: 1, retention: { bytes: 0 } });
  await log.produce('z', numbered(1));
  await vi.waitUntil(async () => {
    const [lag] = await log.offsets('z');
    return lag?.earliest === lag?.end;
  });
}

test('by age, records that every group has read are removed, and those not yet read are kept', async () => {
  const log = open({ ageMs: HOUR });
  await log.ensureTopic('t', { partitions: 1 });
  await log.produce('t', numbered(3_000));
  const consumer = await commitAt(log, 2_500n);
  clock += HOUR / 2;
  await log.produce('t', numbered(10));
  await oneCheck(log);
  expect(await earliest(log)).toBe(0);
  clock += HOUR / 2 + 1;
  await vi.waitUntil(async () => (await earliest(log)) === 2_500);
  clock += 100 * HOUR;
  await oneCheck(log);
  expect(await earliest(log)).toBe(2_500);
  await consumer.stop();
  await log.stop();
});

test("a record's own timestamp, which its producer chose, does not make it old", async () => {
  const log = open({ ageMs: HOUR });
  await log.ensureTopic('t', { partitions: 1 });
  await log.produce('t', [{ key: 'k', value: Buffer.from('imported'), timestamp: 1 }]);
  await oneCheck(log);
  expect(await earliest(log)).toBe(0);
  await log.stop();
});

test('by bytes, the oldest records go, read or not, and offsets go on also when none is left', async () => {
  const log = open({ ageMs: null, bytes: 1_000 });
  await log.ensureTopic('t', { partitions: 1 });
  await log.produce(
    't',
    Array.from({ length: 50 }, () => ({ key: 'k', value: Buffer.alloc(99) })),
  );
  await vi.waitUntil(async () => (await earliest(log)) === 40);
  await log.stop();

  const again = open({ ageMs: null, bytes: 0 });
  await vi.waitUntil(async () => (await earliest(again)) === 50);
  await again.stop();

  const last = open({ ageMs: null });
  expect(await last.offsets('t')).toEqual([{ partition: 0, earliest: 50n, end: 50n }]);
  await last.produce('t', numbered(1));
  expect(await last.offsets('t')).toEqual([{ partition: 0, earliest: 50n, end: 51n }]);
  await last.stop();
});

test("a topic's own retention goes before the log's", async () => {
  const log = open({ ageMs: null, bytes: 0 });
  await log.ensureTopic('t', { partitions: 1, retention: { bytes: 1_000_000 } });
  await log.produce('t', numbered(10));
  await oneCheck(log);
  expect(await earliest(log)).toBe(0);
  await log.stop();
});

test('a topic kept for ever is, also when the log is opened again, and says how many bytes it holds', async () => {
  for (const attempt of [1, 2]) {
    const log = open({ ageMs: HOUR });
    await log.ensureTopic('t', { partitions: 1, retention: { ageMs: null } });
    await log.produce('t', numbered(10));
    clock += 1_000 * HOUR;
    await oneCheck(log);
    expect(await earliest(log)).toBe(0);
    // 'k' and a digit each.
    expect(await log.keptBytes('t')).toBe(attempt * 20);
    await log.stop();
  }
});
