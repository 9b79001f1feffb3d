import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { STEPS } from './model/crash-points.ts';

const summary = z.object({
  seeds: z.int(),
  ms: z.number(),
  stats: z.record(z.string(), z.int()),
  failures: z.array(z.object({ seed: z.int(), kind: z.string(), message: z.string() })),
});
const SEEDS = Number(process.env.CARTLEDGER_FAULT_SEEDS ?? 300);
/** Of 300 seeds; what never happens finds nothing. Half of what was seen when they were written. */
const LEAST: Readonly<Record<string, number>> = {
  'fault kill': 180,
  'fault pause': 90,
  'fault terminate': 15,
  'fault rebalance': 50,
  'fault expel': 25,
  'fault remake': 30,
  'fault truncate': 30,
  'fault store_down': 30,
  'fault store_read_only': 10,
  'fault log_down': 25,
  'fault control_down': 20,
  'fault clock_jump': 10,
  'gap told': 1,
  'stale batch 1': 5,
  'overlap 1': 30,
  'gap in offsets 1': 60,
  'group handed out': 400,
};

const run = async (args: readonly string[]): Promise<{ lines: string[]; status: number | null }> => {
  const script = fileURLToPath(new URL('./run.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { lines, status };
};

let result: z.infer<typeof summary>;
beforeAll(async () => {
  const { lines } = await run(['--seeds', String(SEEDS), '--json']);
  result = summary.parse(JSON.parse(lines.find((line) => line.startsWith('{')) ?? '{}'));
}, 600_000);

test('whatever goes wrong, no event is lost, kept twice or counted twice', () => {
  expect(
    result.failures.map(
      ({ seed, kind, message }) => `CARTLEDGER_FAULT_SEED=${seed} npm run faults: ${kind}: ${message}`,
    ),
  ).toEqual([]);
  expect(result.seeds).toBe(SEEDS);
});

test('every fault has happened, often enough to find something', () => {
  const share = Math.min(1, SEEDS / 300);
  for (const [what, least] of Object.entries(LEAST))
    expect(result.stats[what] ?? 0, what).toBeGreaterThanOrEqual(Math.floor(least * share));
});

test.each(STEPS)('somebody was killed right after: %s', (step) => {
  expect(result.stats[`crashed after ${step}`] ?? 0).toBeGreaterThanOrEqual(SEEDS < 300 ? 0 : 1);
});
