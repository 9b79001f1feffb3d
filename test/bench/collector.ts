/** What taking events in over HTTP costs the collector. See README.md. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Load, makeBodies, pack, send } from './collector/load.ts';
import { openStack } from './collector/stack.ts';
import { cpuSecondsOf, forgetPeak, peakMebibytesOf, percentile, spreadOf } from './machine.ts';
import { readOptions } from './options.ts';
import { print, type Row } from './output.ts';

const options = readOptions('collector', {
  seconds: { type: 'string', default: '20' },
  repeat: { type: 'string', default: '3' },
  connections: { type: 'string', default: '8' },
  /** Events a body. */
  batch: { type: 'string', default: '100' },
  /** Bodies packed with gzip. */
  gzip: { type: 'boolean', default: false },
  /** With Kafka killed: everything goes into the spool; then Kafka comes back. */
  spool: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
});
const { gzip, spool, json } = options;
const [seconds, repeat] = [Number(options.seconds), Number(options.repeat)];
const [connections, batch] = [Number(options.connections), Number(options.batch)];
const BODIES = 500;
const WARM_UP_SECONDS = 4;
/** Accepted events a CPU second of the collector. */
const BAR = 20_000;

await using stack = await openStack();
const { collector, kafka, key } = stack;
const plain = makeBodies(BODIES, batch, Date.now());
const bodies = gzip ? pack(plain) : plain;
const target = { url: collector.url, key, packed: gzip };

type Run = Load & { cpuSeconds: number; peakMib: number };
const measured = async (work: () => Promise<Load>): Promise<Run> => {
  forgetPeak(collector.pid);
  const before = cpuSecondsOf(collector.pid);
  const load = await work();
  return { ...load, cpuSeconds: cpuSecondsOf(collector.pid) - before, peakMib: peakMebibytesOf(collector.pid) };
};

const isDirect = async (): Promise<boolean> =>
  (await (await fetch(`${collector.url}/metrics`)).text()).includes('cartledger_collector_state{state="direct"} 1');
/** An outage is noticed and got over within seconds; waiting longer is a defect, not a figure. */
const PATIENCE_MS = 120_000;
const waitUntil = async (is: boolean): Promise<void> => {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await isDirect()) !== is) {
    if (performance.now() > deadline)
      throw new Error(`the collector was not ${is ? 'direct' : 'spooling'} within 2 min`);
    await delay(50);
  }
};

await send(target, bodies, { seconds: WARM_UP_SECONDS, connections });
if (spool) await kafka.kill();
if (spool) await send(target, bodies, { seconds: 1, connections });
if (spool) await waitUntil(false);
const runs: Run[] = [];
for (let n = 0; n < repeat; n++) runs.push(await measured(() => send(target, bodies, { seconds, connections })));

const figure = (what: string, unit: string, of: (run: Run) => number): Row => ({
  what,
  unit,
  ...spreadOf(runs.map(of)),
});
const perCoreSecond = (run: Run): number => run.accepted / run.cpuSeconds;
const rows = [
  figure('events a core-second', 'events', perCoreSecond),
  figure('CPU an event', 'us', (run) => (run.cpuSeconds * 1e6) / run.accepted),
  figure('events a second', 'events', (run) => run.accepted / run.seconds),
  figure('answer, median', 'ms', (run) => percentile(run.latenciesMs, 0.5)),
  figure('answer, p99', 'ms', (run) => percentile(run.latenciesMs, 0.99)),
  figure('peak memory', 'MiB', (run) => run.peakMib),
  figure('events not accepted', 'events', (run) => run.refused),
];

if (spool) {
  const spooled = runs.reduce((sum, run) => sum + run.accepted, 0);
  await kafka.restart();
  const begun = { at: performance.now(), cpu: cpuSecondsOf(collector.pid) };
  await waitUntil(true);
  const drainedIn = (performance.now() - begun.at) / 1_000;
  const once = (what: string, unit: string, value: number): Row => ({ what, unit, ...spreadOf([value]) });
  rows.push(once('drained a second', 'events', spooled / drainedIn));
  rows.push(once('drained a core-second', 'events', spooled / (cpuSecondsOf(collector.pid) - begun.cpu)));
}

const bytes = Math.round(plain.reduce((sum, body) => sum + body.byteLength, 0) / plain.length);
const notes = { seconds, connections, batch, body_bytes: bytes, packed: gzip, way: spool ? 'spool' : 'kafka' };
print(`collector: ${gzip ? 'gzip ' : ''}bodies of ${batch} events${spool ? ', Kafka away' : ''}`, rows, notes, json, {
  bar: BAR,
});
if (rows[0] && rows[0].median < BAR) {
  console.error(`below the bar of ${BAR} accepted events a core-second`);
  process.exitCode = 1;
}
