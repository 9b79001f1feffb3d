import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '@cartledger/control';

export type DocumentStore = { state: Control['state']; leases: Control['leases'] };

/** A document of job state that several processes change. */
type StoredDocument<T> = {
  read(): Promise<T>;
  /**
   * Runs `work` while nobody else does, and hands it the document with a way to set it; null when somebody else is
   * at it for longer than `patienceMs`. `set` answers false, and sets nothing, once the turn was taken over by
   * another because this one took too long.
   */
  alone<R>(
    work: (value: T, set: (value: T) => Promise<boolean>) => Promise<R>,
    patienceMs: number,
  ): Promise<{ result: R } | null>;
};

/** Longer than anything that is done in one turn; a process killed in it holds others up for so long. */
const LEASE_MS = 15_000;
/** Of a lease's name. */
const MAX_NAME_LENGTH = 128;
const STEP_MS = 50;

/** `parse` reads what is stored, `undefined` before the first `set`; `encode` makes it JSON again. */
export const createStoredDocument = <T>(
  { state, leases }: DocumentStore,
  { name, parse, encode }: { name: string; parse: (stored: unknown) => T; encode: (value: T) => unknown },
): StoredDocument<T> => {
  const leaseName = name.slice(0, MAX_NAME_LENGTH);
  const read = async (): Promise<T> => parse((await state.get(name)) ?? undefined);
  return {
    read,
    alone: async (work, patienceMs) => {
      // Of this turn alone: two turns of one process are two owners.
      const owner = randomUUID();
      for (let waited = 0; ; waited += STEP_MS) {
        const lease = await leases.acquire(leaseName, owner, LEASE_MS);
        if (lease !== null) {
          try {
            const set = (value: T) => state.setUnder({ name: leaseName, token: lease.token }, name, encode(value));
            return { result: await work(await read(), set) };
          } finally {
            await leases.release(leaseName, owner);
          }
        }
        if (waited >= patienceMs) return null;
        await sleep(STEP_MS);
      }
    },
  };
};
