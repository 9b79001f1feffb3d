import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks `probe` again and again until it answers something other than undefined. Resolves to undefined when
 * `timeoutMs` have passed first. What the probe throws ends the waiting.
 */
export const until = async <T>(
  probe: () => T | undefined | Promise<T | undefined>,
  { timeoutMs, everyMs = 20 }: { timeoutMs: number; everyMs?: number },
): Promise<T | undefined> => {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined || performance.now() >= deadline) return answer;
    await delay(everyMs);
  }
};
