/**
 * `npm run bench:ingest` in short, over servers of its own: that its benches run, agree and keep their bounds. The figures
 * of a machine that others use mean little: of speed only what has room to spare is asked. How soon events are there is
 * measured with nothing beside it (test/e2e/ingest-latency.test.ts).
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Over two minutes on a machine that does nothing else. */
const WITHIN_MS = 480_000;
const BENCH = fileURLToPath(new URL('../bench/ingest.ts', import.meta.url));

const throughput = z.object({
  agree: z.literal(true),
  distinct: z.number(),
  runs: z.array(z.object({ who: z.enum(['engine', 'worker']), rows: z.number(), hash: z.string() })),
  ratios: z.object({ events_per_s: z.number().positive(), cpu: z.number().positive() }),
});
const down = z.object({
  whole: z.literal(true),
  flat: z.object({ down: z.literal(true), catching_up: z.literal(true) }),
  not_ready_ms: z.number(),
  ready_ms: z.number(),
});

test(
  'the worker leaves the rows that ClickHouse’s own engine leaves, and memory is flat in a minute without ClickHouse and while what waited is caught up with',
  async () => {
    const options = [
      ['--events', '20000', '--repeat', '1', '--engine-block', '65536'],
      // 4 MiB in flight are full in a moment: nothing hides what grows with the minute, or with the 300,000 events that wait then.
      ['--down', '60', '--in-flight', '4'],
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [BENCH, '--json', ...options.flat()], {
      env: { PATH: process.env.PATH },
      maxBuffer: 2 ** 24,
      // One that this test does not wait for any more would go on.
      timeout: WITHIN_MS - 10_000,
    });
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));

    const { runs, distinct } = throughput.parse(first);
    expect(runs.map(({ who }) => who)).toEqual(['engine', 'worker']);
    expect(new Set(runs.map(({ rows, hash }) => `${rows} ${hash}`)).size).toBe(1);
    expect(runs[0]?.rows).toBe(distinct);

    const { not_ready_ms, ready_ms } = down.parse(second);
    expect(not_ready_ms).toBeLessThan(5_000);
    expect(ready_ms).toBeLessThan(20_000);
  },
  WITHIN_MS,
);
