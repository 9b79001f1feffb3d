/** Many rounds, side by side on servers of their own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plan, planOf } from './plan.ts';
import { type RoundResult, runRound } from './round.ts';
import { startServers } from './servers.ts';

export type Told = {
  plan: Plan;
  /** Null: the round was not brought to its end, for `error`. */
  result: RoundResult | null;
  error: string | null;
  /** Of the processes' logs; they are removed when all was well. */
  dir: string;
};

/** All that is wrong with a round, in words. */
export const problemsOf = ({ result, error }: Pick<Told, 'result' | 'error'>): string[] => {
  if (result === null) return [error ?? 'it did not end'];
  const { verdict, audit, drift } = result;
  return [
    ...(verdict.lost > 0 ? [`${verdict.lost} lost`] : []),
    ...(verdict.twice > 0 ? [`${verdict.twice} counted twice`] : []),
    ...(verdict.wrong === null ? [] : [verdict.wrong]),
    ...(audit === null ? [] : [`audit: ${audit}`]),
    ...drift.map((figure) => `drift: ${figure}`),
  ];
};

export const runRounds = async (
  {
    from,
    rounds,
    lanes,
    postgresUrl,
    logs,
    keep = false,
  }: {
    from: number;
    rounds: number;
    lanes: number;
    postgresUrl: string;
    logs: string;
    /** The logs of rounds that went well, too. */
    keep?: boolean;
  },
  tell: (told: Told) => void,
): Promise<void> => {
  const seeds = Array.from({ length: rounds }, (_, i) => from + i);
  const base = mkdtempSync(join(tmpdir(), 'cartledger-faults-'));
  const lane = async (number: number): Promise<void> => {
    const place = join(base, `lane-${number}`);
    let servers = await startServers(place);
    try {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const plan = planOf(seed);
        const dir = join(logs, `seed-${seed}`);
        rmSync(dir, { recursive: true, force: true });
        const told: Told = await runRound(plan, { servers, postgresUrl, dir }).then(
          (result) => ({ plan, result, error: null, dir }),
          (error: unknown) => ({
            plan,
            result: null,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
            dir,
          }),
        );
        if (problemsOf(told).length === 0 && !keep) rmSync(dir, { recursive: true, force: true });
        tell(told);
        if (told.result !== null || seeds.length === 0) continue;
        // Whatever the round has left them in.
        await servers.stop();
        servers = await startServers(place);
      }
    } finally {
      await servers.stop();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(lanes, rounds) }, (_, i) => lane(i)));
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
};
