/** What the worker holds while ClickHouse is down and while it catches up afterwards; it is killed, not stopped. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSecondsOf, mebibytesOf, spreadOf } from '../machine.ts';
import { print } from '../output.ts';
import { keptEvents } from './contents.ts';
import { committedAll } from './group.ts';
import { startLoad } from './load-process.ts';
import { risePerMinute, type Sample } from './rise.ts';
import { sampleOf } from './scrape.ts';
import type { Stack } from './stack.ts';
import { deadLettersOf, startWorker } from './worker.ts';

export type DownOptions = {
  rate: number;
  /** For how long ClickHouse is down. */
  downSeconds: number;
  /** Events that have been sent since it went when it comes back, at least. */
  backlog: number;
  partitions: number;
  /** CARTLEDGER_INGEST_MAX_BYTES_IN_FLIGHT of the worker. */
  inFlightMib: number;
  json: boolean;
};

/**
 * Memory is judged by the time before: a burst, then a while at the rate. Without the burst the heap of a worker that has
 * had little to do is still on its way to its size when ClickHouse goes, and that looks like a leak: 189 MiB before, then
 * 205 and 213 in two thirds of a minute, where warm ones hold 255 throughout.
 */
const WARM_EVENTS = 200_000;
const BEFORE_MS = 20_000;
const SAMPLE_MS = 250;
const READY_WITHIN_MS = 30_000;
/** Nothing catches up more slowly by far. */
const SLOWEST_PER_S = 5_000;

const most = (samples: readonly Sample[]): number => Math.max(...samples.map(({ mib }) => mib));
const median = (samples: readonly Sample[]): number => spreadOf(samples.map(({ mib }) => mib)).median;

/** Answers whether everything that was sent is there and memory was flat; what is not so goes to stderr. */
export const benchDown = async (stack: Stack, options: DownOptions): Promise<boolean> => {
  const { rate, downSeconds, backlog, partitions, inFlightMib } = options;
  const { kafka, log, clickhouse } = stack;
  const id = randomUUID().slice(0, 8);
  const [topic, group] = [`down-${id}`, `down-${id}`];
  await log.ensureTopic(topic, { partitions });
  await clickhouse.command('TRUNCATE TABLE events SYNC');
  const settings = { CARTLEDGER_INGEST_MAX_BYTES_IN_FLIGHT: String(inFlightMib * 2 ** 20) };
  await using worker = await startWorker(stack, { topic, group, settings });
  await using load = await startLoad({ brokers: kafka.brokers, topic, rate, canaries: [] });

  let phase: Sample[] = [];
  const held: number[] = [];
  const sampler = setInterval(() => phase.push({ at: performance.now(), mib: mebibytesOf(worker.pid) }), SAMPLE_MS);
  const scraper = setInterval(() => {
    worker.metrics().then(
      (text) => held.push(sampleOf(text, 'cartledger_ingest_bytes_in_flight') / 2 ** 20),
      () => held.push(Number.NaN), // a worker too busy to answer shows in the figures
    );
  }, 1_000);
  const during = async (work: () => Promise<unknown>): Promise<Sample[]> => {
    phase = [];
    await work();
    return phase;
  };
  /** How long it takes until readiness is so. */
  const readyIs = async (wanted: boolean): Promise<number> => {
    const begun = performance.now();
    while (((await worker.readyz()) === 200) !== wanted)
      if (performance.now() - begun > READY_WITHIN_MS) return Number.NaN;
      else await sleep(100);
    return performance.now() - begun;
  };

  try {
    const before = await during(async () => {
      load.burstTo(WARM_EVENTS);
      while (load.progress.acknowledged < WARM_EVENTS) await sleep(SAMPLE_MS);
      await sleep(BEFORE_MS);
    });
    let notReadyMs = Number.NaN;
    let cpuShare = Number.NaN;
    const takenIn = load.progress.acknowledged;
    const down = await during(async () => {
      await stack.killClickHouse();
      const gone = performance.now();
      notReadyMs = await readyIs(false);
      const cpu = cpuSecondsOf(worker.pid);
      const since = performance.now();
      if (backlog > 0) load.burstTo(takenIn + backlog);
      await sleep(downSeconds * 1_000 - (performance.now() - gone));
      while (load.progress.acknowledged < takenIn + backlog) await sleep(SAMPLE_MS);
      cpuShare = (100 * (cpuSecondsOf(worker.pid) - cpu) * 1_000) / (performance.now() - since);
    });
    let readyMs = Number.NaN;
    const [waiting, back] = [load.progress.acknowledged - takenIn, performance.now()];
    const after = await during(async () => {
      await stack.restartClickHouse();
      readyMs = await readyIs(true);
      const { sent } = await load.stop();
      await committedAll(log, topic, group, 60_000 + (sent / SLOWEST_PER_S) * 1_000);
    });
    const caughtUpSeconds = (performance.now() - back) / 1_000;
    worker.assertAlive();
    const { sent } = load.progress;
    const kept = await keptEvents(clickhouse);
    const dead = (await log.offsets(deadLettersOf(topic))).some(({ earliest, end }) => end > earliest);
    const whole = kept === sent && !dead;
    // The first third fills what may be in flight.
    const third = Math.floor(down.length / 3);
    const [middle, last] = [down.slice(third, 2 * third), down.slice(2 * third)];
    const mib = {
      before: most(before),
      down_middle: median(middle),
      down_last: median(last),
      catching_up: most(after),
    };
    const flat = {
      down: mib.down_last <= 1.05 * mib.down_middle,
      // What is in flight stands there twice, as records and as the blocks made of them.
      catching_up: mib.catching_up <= 1.25 * mib.before + 2 * inFlightMib,
    };
    const one = (what: string, unit: string, value: number) => ({ what, unit, ...spreadOf([value]) });
    print(
      `ClickHouse down for ${downSeconds} s at ${rate} events a second`,
      [
        one('memory before: most', 'MiB', mib.before),
        one('memory while down: median of the middle third', 'MiB', mib.down_middle),
        one('memory while down: median of the last third', 'MiB', mib.down_last),
        one('memory while down: rise over the last two thirds', 'MiB/min', risePerMinute([...middle, ...last])),
        one('memory while down: most', 'MiB', most(down)),
        one('memory while catching up: most', 'MiB', mib.catching_up),
        one('bytes in flight: most', 'MiB', Math.max(...held.filter((mib) => !Number.isNaN(mib)))),
        one('CPU of the worker while down, of one core', '%', cpuShare),
        one('not ready after', 'ms', notReadyMs),
        one('ready after the start of ClickHouse', 'ms', readyMs),
        one('caught up after', 's', caughtUpSeconds),
        one('events waiting when ClickHouse came back', '', waiting),
      ],
      { sent, kept, whole, flat },
      options.json,
      {
        whole,
        flat,
        memory_mib: mib,
        not_ready_ms: notReadyMs,
        ready_ms: readyMs,
        cpu_down_percent: cpuShare,
      },
    );
    if (!whole) console.error(`${kept} events of ${sent}, dead letters: ${dead}`);
    if (!flat.down || !flat.catching_up) console.error(`memory is not flat: ${JSON.stringify({ flat, mib })}`);
    return whole && flat.down && flat.catching_up;
  } finally {
    clearInterval(sampler);
    clearInterval(scraper);
  }
};
