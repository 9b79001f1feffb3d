import type { Control } from '@cartledger/control';
import { AggregatorError } from './errors.ts';
import { TOKEN_FACTOR, type Writers } from './writers.ts';

export const LEASE = 'aggregator';

export type Lease = {
  /** Takes or renews the lease; false: another aggregator has it. */
  acquire(): Promise<boolean>;
  /**
   * Before every write: answers the token, or throws `lease_lost` when another aggregator has held the lease since it
   * was acquired.
   */
  confirm(): Promise<number>;
  /** Makes the token grow when it is next acquired or confirmed: inserts under way under this one are waited for then. */
  outgrow(): void;
  /** What it was when last acquired or confirmed. */
  token(): number;
  /** Larger than all before, of this writer and of every earlier one. */
  nextVersion(): bigint;
  /** Renews it in the background until disposed of, for steps that take long. */
  keepAlive(): Disposable;
  release(): Promise<void>;
};

/**
 * The right to write ledgers. Its token grows whenever the lease changed hands or had run out, is larger than all that
 * ClickHouse has seen, and is announced there before anything is written under it.
 */
export const createLease = (
  { leases, writers }: { leases: Control['leases']; writers: Pick<Writers, 'largest' | 'announce'> },
  {
    owner,
    ttlMs,
    signal,
  }: { owner: string; ttlMs: number /** Aborted: nothing is written any more. */; signal: AbortSignal },
): Lease => {
  let token = 0;
  let counter = 0n;
  /** What the control store has handed out last, what ClickHouse was told last, and what it has answered to have been told. */
  let held = 0;
  let told = 0;
  let announced = 0;
  let isLost = false;
  let taking: Promise<unknown> = Promise.resolve();
  let renewing: Promise<number | null> | null = null;
  let isAnnouncing = false;

  /** One after the other. A token that grew otherwise than by one that ran out, or as asked, grew in another's hands. */
  const take = (atLeast?: number): Promise<number | null> => {
    const taken = taking.then(async () => {
      const answer = await leases.acquire(LEASE, owner, ttlMs, atLeast);
      if (answer === null || (answer.token !== held && answer.token !== (atLeast ?? held + 1))) isLost = true;
      if (answer !== null) held = answer.token;
      return answer?.token ?? null;
    });
    taking = taken.catch(() => {});
    return taken;
  };

  const announceNext = async (taken: number): Promise<number | null> => {
    const largest = await writers.largest();
    // Whoever announced it: not this one. The control store need not know, if it has been brought back from a copy.
    if (largest > told) isLost = true;
    const before = Math.max(largest, told);
    const larger = taken > before ? taken : await take(before + 1);
    if (larger === null) return null;
    told = larger;
    await writers.announce(larger, signal);
    announced = larger;
    // The wait may have been longer than the lease.
    const still = await take();
    return still === null || still === larger ? still : await announceNext(still);
  };

  const renew = (): Promise<number | null> => {
    renewing ??= (async () => {
      const taken = await take();
      if (taken === null || taken === announced) return taken;
      isAnnouncing = true;
      return await announceNext(taken);
    })().finally(() => {
      renewing = null;
      isAnnouncing = false;
    });
    return renewing;
  };

  const adopt = (taken: number): void => {
    if (taken === token) return;
    token = taken;
    counter = 0n;
  };

  return {
    acquire: async () => {
      const taken = await renew();
      if (taken === null) return false;
      isLost = false;
      adopt(taken);
      return true;
    },
    confirm: async () => {
      signal.throwIfAborted();
      const taken = await renew();
      if (taken === null || isLost)
        throw new AggregatorError('lease_lost', 'another aggregator has taken over: its work replaces this one');
      adopt(taken);
      return token;
    },
    outgrow: () => {
      // An announcement on its way is of a larger token than what is outgrown: it waits for that as well.
      announced = 0;
    },
    token: () => token,
    nextVersion: () => BigInt(token) * TOKEN_FACTOR + ++counter,
    keepAlive: () => {
      // A failed renewal is found by the next confirm(). An announcement may wait for longer than the lease holds.
      const timer = setInterval(() => void (isAnnouncing ? take() : renew()).catch(() => {}), ttlMs / 3);
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
    release: async () => {
      // One in flight would take it again behind the release.
      await renewing?.catch(() => {});
      await taking;
      await leases.release(LEASE, owner);
    },
  };
};
