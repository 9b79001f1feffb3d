import { createHash } from 'node:crypto';
import type { Control, KeyInfo } from './port.ts';

export type KeyCacheOptions = {
  now: () => number;
  /** How long an answer is believed: a revocation is seen by then. Default 3 s. */
  ttlMs?: number;
  /** How long a key known to be good is believed while the control store does not answer. Default 60 s. */
  staleMs?: number;
  maxKeys?: number;
};

/**
 * `keys.verify` with a short memory, for the hot path. Only good keys are remembered (made-up ones would push
 * them out), by their SHA-256: the process holds no key longer than its request. Concurrent questions for one
 * key are asked once. While the control store fails, a key good a minute ago still is; unknown ones throw.
 */
export const createKeyCache = (
  keys: Pick<Control['keys'], 'verify'>,
  { now, ttlMs = 3_000, staleMs = 60_000, maxKeys = 10_000 }: KeyCacheOptions,
): Pick<Control['keys'], 'verify'> => {
  const known = new Map<string, { info: KeyInfo; at: number }>();
  const asked = new Map<string, Promise<KeyInfo | null>>();

  const ask = async (key: string, digest: string): Promise<KeyInfo | null> => {
    try {
      const info = await keys.verify(key);
      known.delete(digest);
      if (info) {
        known.set(digest, { info, at: now() });
        const [oldest] = known.keys();
        if (known.size > maxKeys && oldest !== undefined) known.delete(oldest);
      }
      return info;
    } catch (error) {
      const last = known.get(digest);
      if (last && now() - last.at < staleMs) return last.info;
      throw error;
    } finally {
      asked.delete(digest);
    }
  };

  return {
    verify(key) {
      const digest = createHash('sha256').update(key).digest('base64');
      const hit = known.get(digest);
      if (hit && now() - hit.at < ttlMs) return Promise.resolve(hit.info);
      const running = asked.get(digest);
      if (running !== undefined) return running;
      const question = ask(key, digest);
      asked.set(digest, question);
      return question;
    },
  };
};
