/** What a measurement costs, and how much the machine's noise has to do with it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** Linux counts CPU time in these. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of a process so far; its threads included. */
export const cpuSecondsOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

const statusOf = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;

/** MiB of memory that a process holds now. */
export const mebibytesOf = (pid: number): number => statusOf(pid, 'VmRSS');

/** The most that it has held, in MiB, since it began or `forgetPeak`. */
export const peakMebibytesOf = (pid: number): number => statusOf(pid, 'VmHWM');

export const forgetPeak = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

export type Cost = {
  seconds: number;
  node_cpu_seconds: number;
  clickhouse_cpu_seconds: number;
  node_peak_mib: number;
  clickhouse_peak_mib: number;
};

const SAMPLE_MS = 100;

/** Does the work and says what it took of this process and of ClickHouse's. */
export const costOf = async (clickhousePid: number, work: () => Promise<unknown>): Promise<Cost> => {
  const peak = { node: 0, clickhouse: 0 };
  const sample = (): void => {
    peak.node = Math.max(peak.node, mebibytesOf(process.pid));
    peak.clickhouse = Math.max(peak.clickhouse, mebibytesOf(clickhousePid));
  };
  const before = { at: performance.now(), node: cpuSecondsOf(process.pid), clickhouse: cpuSecondsOf(clickhousePid) };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  sample();
  return {
    seconds: (performance.now() - before.at) / 1_000,
    node_cpu_seconds: cpuSecondsOf(process.pid) - before.node,
    clickhouse_cpu_seconds: cpuSecondsOf(clickhousePid) - before.clickhouse,
    node_peak_mib: peak.node,
    clickhouse_peak_mib: peak.clickhouse,
  };
};

/** Median, smallest and largest of repeated measurements. */
export type Spread = { median: number; least: number; most: number };

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (p: number): number => sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
  return { median: at(0.5), least: at(0), most: at(1) };
};

export const percentile = (values: readonly number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(p * values.length) - 1)] ?? Number.NaN;

/** How long the same arithmetic takes, ten times over: what differs is the machine. */
const noise = (): Spread => {
  const times = Array.from({ length: 10 }, () => {
    const begun = performance.now();
    let x = 1;
    for (let i = 0; i < 2e7; i++) x = Math.imul(x, 1_664_525) + 1_013_904_223;
    return performance.now() - begun + (x === 0 ? 1 : 0);
  });
  return spreadOf(times);
};

export const machine = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  load: Number((loadavg()[0] ?? 0).toFixed(2)),
  /** ms for the same work: on a machine of one's own least and most are a few percent apart. */
  noise_ms: noise(),
});
