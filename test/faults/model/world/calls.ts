import { nameOf, type Process } from './processes.ts';
import type { PlanWeights, Server } from './profiles.ts';
import type { World } from './scheduler.ts';

/**
 * - `ok` sent, begun, landed, answered
 * - `refused` answered with an error; nothing happened
 * - `lost_request` no answer; nothing happened
 * - `lost_answer` no answer, though it happened
 * - `late` no answer; it begins, and lands up to a minute later
 * - `twice` it happens twice: a client or proxy sent it again
 * - `torn` a part of it happens, then it is refused
 */
export type Plan = 'ok' | keyof PlanWeights;

export type Call<T> = {
  label: string;
  /** Default `store`. */
  server?: Server;
  /** Those this call may suffer, besides `ok`. */
  plans: readonly Plan[];
  /** Why the server does not take calls now; asked when it would begin and when it would land. */
  down?(): Error | null;
  /** Conditions, inserts under way. A throw is the server's refusal. With it, landing is a step of its own. */
  begin?(): void;
  /** The effect, all at once; a throw is the server's own error. `torn`: only so many parts of it. */
  land(torn?: number): T | Promise<T>;
  /** Errors as the driver gives them. */
  refuse(): Error;
  timeout(): Error;
};

const PLANS: readonly Plan[] = ['ok', 'refused', 'lost_request', 'lost_answer', 'late', 'twice', 'torn'];
const TIMEOUT_MS = 8_000;
const SLOW_MS = [0, 20, 400, 3_000] as const;
const LATE_MS = [9_000, 15_000, 30_000, 60_000] as const;

const planOf = (world: World, { server = 'store', plans, label }: Call<unknown>): Plan => {
  const weights = world.profile.calls[server];
  const possible = PLANS.map((plan) => (plan === 'ok' || !plans.includes(plan) ? 0 : weights[plan]));
  const faulty = possible.reduce((sum, weight) => sum + weight, 0);
  possible[0] = 1_000 - faulty;
  return PLANS[world.pick(possible, `${label.replaceAll(/[0-9]+/g, 'N')}:`)] ?? 'ok';
};

/**
 * One call of a process to a server, in steps that the scheduler picks: so a crash at any await is a kill between two
 * of them. What was sent goes on without the process.
 */
export const call = <T>(world: World, process: Process, c: Call<T>): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const plan = planOf(world, c);
  const slow = world.profile.slow;
  const delay = (): number => SLOW_MS[world.pick([1_000 - slow, slow, slow >> 1, slow >> 2], 'slow')] ?? 0;
  const now = (): number => world.clock.now();

  const answer = (settle: () => void, ms = 0): void => {
    world.add({ kind: 'answer', label: `${c.label}: answer`, owner: process, at: now() + ms, run: settle });
  };
  const silence = (): void => answer(() => reject(c.timeout()), TIMEOUT_MS);
  const server = (kind: 'begin' | 'land', ms: number, run: () => void): void => {
    const label = `${c.label} of ${nameOf(process)}: ${kind}${plan === 'ok' ? '' : ` (${plan})`}`;
    world.add({ kind, label, owner: null, at: now() + ms, run });
  };

  /** The server's part; `told` with what came of it. */
  const serve = (landsAfterMs: number, told: (outcome: () => void) => void, torn?: number): void => {
    const attempt = (work: () => void): void => {
      const down = c.down?.() ?? null;
      if (down !== null) {
        told(() => reject(down));
        return;
      }
      try {
        work();
      } catch (error) {
        if (world.failure !== null) throw error;
        told(() => reject(error));
      }
    };
    const land = (): void =>
      attempt(() => {
        const landed = c.land(torn);
        const done = (value: T): void => {
          world.observe('landed', { process, label: c.label });
          told(() => resolve(value));
        };
        if (!(landed instanceof Promise)) done(landed);
        else landed.then(done, (error: unknown) => told(() => reject(error)));
      });
    if (c.begin === undefined) {
      server('land', landsAfterMs, land);
      return;
    }
    server('begin', 0, () =>
      attempt(() => {
        c.begin?.();
        server('land', landsAfterMs, land);
      }),
    );
  };

  const ways: Readonly<Record<Plan, () => void>> = {
    ok: () => serve(delay(), (outcome) => answer(outcome, delay())),
    refused: () => answer(() => reject(c.refuse())),
    lost_request: silence,
    lost_answer: () => serve(delay(), silence),
    late: () => {
      silence();
      serve(LATE_MS[world.below(LATE_MS.length, 'how late')] ?? 0, () => {});
    },
    twice: () => serve(0, () => serve(delay(), (outcome) => answer(outcome))),
    torn: () => serve(delay(), () => answer(() => reject(c.refuse())), 1 + world.below(8, 'torn')),
  };
  world.observe('asked', { process, label: c.label });
  world.add({ kind: 'send', label: `${c.label}: send`, owner: process, at: now(), run: ways[plan] });
  return promise;
};
