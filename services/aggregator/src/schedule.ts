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
  let restUntil = Number.NEGATIVE_INFINITY;
  const task = schedule(
    expression,
    () => {
      if (running || now() < restUntil) return;
      running = work()
        .then((restMs) => {
          restUntil = now() + restMs;
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
