/** `npm run bench:ingest -- --latency` in short. It stands here because files of this folder run alone: others would be in its time. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';

const BENCH = fileURLToPath(new URL('../bench/ingest.ts', import.meta.url));
const latency = z.object({
  whole: z.literal(true),
  p99_ms: z.number(),
  worker_p99_ms: z.tuple([z.number(), z.number()]),
});

test('of 5,000 events a second ninety-nine of a hundred can be queried within 2 s of being sent', async () => {
  const options = ['--latency', '--seconds', '20', '--rate', '5000', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, [BENCH, ...options], {
    env: { PATH: process.env.PATH },
    maxBuffer: 2 ** 24,
    timeout: 170_000,
  });
  const { p99_ms, worker_p99_ms } = latency.parse(JSON.parse(stdout));
  expect(p99_ms).toBeLessThan(2_000);
  expect(worker_p99_ms[0]).toBeLessThan(p99_ms);
});
