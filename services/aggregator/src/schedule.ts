import { schedule } from 'node-cron';

export type Schedule = { stop(): Promise<void> };

/**
 * Calls `work` at the cron expression's times, never two at once: a time that comes while it runs or rests is left
 * out. `work` answers how long to rest from now on, in ms; it never rejects.
 */
export const startSchedule = (
  { work, now }: { work: () => Promise<number>; now: () => number },
  expression: string,
): Schedule => {
  let running: Promise<void> | null = null;
  let rest = { since: Number.NEGATIVE_INFINITY, ms: 0 };
  /** A clock that was set back ends the rest: nobody else works meanwhile, however far back that was. */
  const isResting = (): boolean => {
    const restedMs = now() - rest.since;
    return restedMs >= 0 && restedMs < rest.ms;
  };
  const task = schedule(
    expression,
    () => {
      if (running || isResting()) return;
      running = work()
        .then((ms) => {
          rest = { since: now(), ms };
        })
        .finally(() => {
          running = null;
        });
    },
    { timezone: 'UTC', suppressMissedWarning: true },
  );
  return {
    stop: async () => {
      await task.destroy();
      await running;
    },
  };
};
