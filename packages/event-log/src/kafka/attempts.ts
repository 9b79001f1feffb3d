import { setTimeout as delay } from 'node:timers/promises';
import { KAFKA_ERROR } from './error-codes.ts';
import { asLogError, kafkaCode } from './errors.ts';

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 100;

/** Told by a broker that is no longer (or not yet) the one to ask: the next attempt asks anew. */
const MOVED = new Set<number | undefined>([
  KAFKA_ERROR.NOT_LEADER_OR_FOLLOWER,
  KAFKA_ERROR.NOT_COORDINATOR,
  KAFKA_ERROR.COORDINATOR_LOAD_IN_PROGRESS,
]);

/** Tries again what may pass, having learnt anew whom to ask; throws EventLogError. */
export async function attempt<T>(action: () => Promise<T>, learnAnew: () => Promise<unknown>): Promise<T> {
  let waitMs = FIRST_DELAY_MS;
  let unknown = 0;
  for (let tries = 1; ; tries++) {
    try {
      return await action();
    } catch (error) {
      const failure = asLogError(error);
      if (failure.code === 'unknown_topic') {
        unknown++; // once may be a partition of the topic that stood here before
      }
      const hopeless = !failure.retriable && !MOVED.has(kafkaCode(error));
      if (tries === ATTEMPTS || hopeless || unknown > 1) {
        throw failure;
      }
      await delay(waitMs);
      waitMs *= 2;
      await learnAnew().catch(() => {
        // The next attempt meets the same and says so.
      });
    }
  }
}
