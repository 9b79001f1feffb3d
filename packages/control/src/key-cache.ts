import { createHash } from 'node:crypto';
import type { Control, KeyInfo } from './port.ts';

export type KeyCacheOptions = {
  now: () => number;
  /** How long an answer is believed: a revocation is seen by then. Default 3 s. */
  ttlMs?: number;
  /** How long a key known to be good is believed while the control store does not answer. Default 60 s. */
  staleMs?: number;
  maxKeys?: number;
  /** How long a key known to be none is refused without asking. Default 10 s. */
  refusedMs?: number;
  /** Questions to the control store at once. Default 32. */
  maxQuestions?: number;
};

/** More keys are to be looked up than the control store should be asked for at once. */
const tooMany = (): Error => new Error('too many keys are being looked up in the control store: try again');

/** Keys, the oldest forgotten first when there are too many. */
const bounded = <T>(max: number) => {
  const entries = new Map<string, T>();
  return {
    get: (digest: string): T | undefined => entries.get(digest),
    delete: (digest: string): boolean => entries.delete(digest),
    set(digest: string, value: T): void {
      entries.delete(digest);
      entries.set(digest, value);
      const [oldest] = entries.keys();
      if (entries.size > max && oldest !== undefined) entries.delete(oldest);
    },
  };
};

/**
 * `keys.verify` with a short memory, for the hot path. Keys are remembered by their SHA-256: the process holds none
 * longer than its request. Good ones and refused ones are remembered apart, so that made-up ones push no good one out.
 * Concurrent questions for one key are asked once. While the control store fails, or too much is being asked of it, a
 * key good a minute ago still is; unknown ones throw.
 */
export const createKeyCache = (
  keys: Pick<Control['keys'], 'verify'>,
  { now, ttlMs = 3_000, staleMs = 60_000, maxKeys = 10_000, refusedMs = 10_000, maxQuestions = 32 }: KeyCacheOptions,
): Pick<Control['keys'], 'verify'> => {
  const known = bounded<{ info: KeyInfo; at: number }>(maxKeys);
  /** When each was refused. */
  const refused = bounded<number>(maxKeys);
  const asked = new Map<string, Promise<KeyInfo | null>>();

  const staleOr = async (error: unknown, digest: string): Promise<KeyInfo> => {
    const last = known.get(digest);
    if (last && now() - last.at < staleMs) return last.info;
    throw error;
  };

  const ask = async (key: string, digest: string): Promise<KeyInfo | null> => {
    try {
      const info = await keys.verify(key);
      if (info) known.set(digest, { info, at: now() });
      else {
        known.delete(digest);
        refused.set(digest, now());
      }
      return info;
    } catch (error) {
      return await staleOr(error, digest);
    } finally {
      asked.delete(digest);
    }
  };

  return {
    verify(key) {
      const digest = createHash('sha256').update(key).digest('base64');
      const hit = known.get(digest);
      if (hit && now() - hit.at < ttlMs) return Promise.resolve(hit.info);
      const refusedAt = refused.get(digest);
      if (refusedAt !== undefined && now() - refusedAt < refusedMs) return Promise.resolve(null);
      const running = asked.get(digest);
      if (running !== undefined) return running;
      if (asked.size >= maxQuestions) return staleOr(tooMany(), digest);
      const question = ask(key, digest);
      asked.set(digest, question);
      return question;
    },
  };
};
