/** One measured reading of the whole topic, by the engine or by the worker. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';
import { cpuSecondsOf, forgetPeak, peakMebibytesOf } from '../machine.ts';
import { contentsOf } from './contents.ts';
import { ENGINE_CONSUMERS, startEngine } from './engine.ts';
import { committedAll, watchGroup } from './group.ts';
import type { Stack } from './stack.ts';
import { STORE } from './store.ts';
import type { Topic } from './topic.ts';
import { deadLettersOf, startWorker, type Worker } from './worker.ts';

/** CPU seconds by process. */
type Cpu = { worker: number; clickhouse: number; kafka: number };

export type Run = {
  who: 'engine' | 'worker';
  /** kafka_max_block_size of the engine. */
  block: number | null;
  /** From the formed group to the commit of the last offset. */
  seconds: number;
  events_per_s: number;
  cpu: Cpu;
  /** The same until ClickHouse has come to rest: what merging the parts costs is in it. */
  cpu_settled: Cpu;
  peak_mib: { worker: number; clickhouse: number };
  rows: number;
  /** Of all rows as they are read, but for what the engine cannot know. */
  hash: string;
  /** Written to all tables, before merging. */
  parts: number;
};

export type Reader = { who: 'engine'; block: number } | { who: 'worker'; nodeOptions?: readonly string[] };

const WRITTEN = ['events', 'touches', 'intake', 'intake_runs'];
const POLL_MS = 200;
const REST_MS = 2_000;
const REST_SHARE = 0.1;
const UNMERGING_MS = 10_000;
const REST_WITHIN_MS = 180_000;
/** No reader is slower than this by far. */
const SLOWEST_PER_S = 2_000;

const merges = defineQuery({
  name: 'bench.merges',
  sql: 'SELECT count() AS n FROM system.merges',
  params: z.object({}),
  row: z.object({ n: z.coerce.number() }),
});

const partsMade = defineQuery({
  name: 'bench.parts',
  sql: "SELECT sum(value) AS n FROM system.events WHERE event = 'MergeTreeDataWriterBlocks'",
  params: z.object({}),
  row: z.object({ n: z.coerce.number() }),
});

const touched = defineQuery({
  name: 'bench.touched',
  sql: 'SELECT uniqExact(visitor_hash) AS visitors FROM touches WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ visitors: z.coerce.number() }),
});

/**
 * Until ClickHouse has merged nothing for two seconds and hardly used a core in them. What it does all the time is no
 * work of a reader's: after ten seconds without a merge its use of the core is not waited out.
 */
const atRest = async ({ clickhouse, clickhousePid: pid }: Stack): Promise<void> => {
  const deadline = performance.now() + REST_WITHIN_MS;
  let unmerging = performance.now();
  let since = { at: unmerging, cpu: cpuSecondsOf(pid) };
  for (;;) {
    await sleep(POLL_MS);
    const now = performance.now();
    const [row] = await clickhouse.query(merges, {});
    if ((row?.n ?? 0) > 0) [unmerging, since] = [now, { at: now, cpu: cpuSecondsOf(pid) }];
    const elapsedMs = now - since.at;
    if (elapsedMs >= REST_MS) {
      const isQuiet = (cpuSecondsOf(pid) - since.cpu) * 1_000 < elapsedMs * REST_SHARE;
      if (isQuiet || now - unmerging >= UNMERGING_MS) return;
      since = { at: now, cpu: cpuSecondsOf(pid) };
    }
    if (now > deadline) throw new Error(`ClickHouse did not stop merging within ${REST_WITHIN_MS} ms`);
  }
};

const partsOf = async ({ clickhouse }: Stack): Promise<number> => (await clickhouse.query(partsMade, {}))[0]?.n ?? 0;

const clear = async (stack: Stack): Promise<void> => {
  for (const table of WRITTEN) await stack.clickhouse.command(`TRUNCATE TABLE ${table} SYNC`);
  await atRest(stack);
  forgetPeak(stack.clickhousePid);
};

/** What a run without a fault leaves behind beside the events. */
const assertWhole = async ({ log, clickhouse }: Stack, topic: Topic): Promise<void> => {
  const dead = await log.offsets(deadLettersOf(topic.name));
  if (dead.some(({ earliest, end }) => end > earliest)) throw new Error('the worker has written dead letters');
  const [row] = await clickhouse.query(touched, { store_id: STORE.store_id });
  if ((row?.visitors ?? 0) === 0) throw new Error('the worker has written no touches');
};

const less = (after: Cpu, before: Cpu): Cpu => ({
  worker: after.worker - before.worker,
  clickhouse: after.clickhouse - before.clickhouse,
  kafka: after.kafka - before.kafka,
});

/** Reads all of the topic into empty tables, with a group of its own. */
export const measure = async (stack: Stack, topic: Topic, reader: Reader): Promise<Run> => {
  const { kafka, log, clickhouse, clickhousePid } = stack;
  await clear(stack);
  const partsBefore = await partsOf(stack);
  const group = `bench-${reader.who}-${randomUUID().slice(0, 8)}`;
  await using watch = watchGroup(kafka.brokers, topic.name, group);
  await using running = new AsyncDisposableStack();
  let worker: Worker | undefined;
  if (reader.who === 'worker') {
    worker = running.use(await startWorker(stack, { topic: topic.name, group, nodeOptions: reader.nodeOptions ?? [] }));
  } else {
    const topicEpoch = await log.topicEpoch(topic.name);
    const options = { brokers: kafka.brokers, topic: topic.name, group, topicEpoch, block: reader.block };
    running.use(await startEngine(clickhouse, options));
  }
  const cpu = (): Cpu => ({
    worker: worker === undefined ? 0 : cpuSecondsOf(worker.pid),
    clickhouse: cpuSecondsOf(clickhousePid),
    kafka: cpuSecondsOf(kafka.pid),
  });

  // Starting, loading and joining count for neither.
  await watch.formed(worker === undefined ? ENGINE_CONSUMERS : 1, topic.partitions);
  const begun = { at: performance.now(), cpu: cpu() };
  await committedAll(log, topic.name, group, 30_000 + (topic.events / SLOWEST_PER_S) * 1_000);
  const seconds = (performance.now() - begun.at) / 1_000;
  const atEnd = cpu();
  worker?.assertAlive();
  await atRest(stack);
  const settled = cpu();
  const peak_mib = {
    worker: worker === undefined ? 0 : peakMebibytesOf(worker.pid),
    clickhouse: peakMebibytesOf(clickhousePid),
  };
  await running.disposeAsync();
  if (worker !== undefined) await assertWhole(stack, topic);
  const parts = (await partsOf(stack)) - partsBefore;
  return {
    who: reader.who,
    block: reader.who === 'engine' ? reader.block : null,
    seconds,
    events_per_s: topic.events / seconds,
    cpu: less(atEnd, begun.cpu),
    cpu_settled: less(settled, begun.cpu),
    peak_mib,
    parts,
    ...(await contentsOf(clickhouse)),
  };
};
