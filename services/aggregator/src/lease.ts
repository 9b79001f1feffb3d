import type { Control } from '@cartledger/control';
import { AggregatorError } from './errors.ts';
import { TOKEN_FACTOR, type Writers } from './writers.ts';

export const LEASE = 'aggregator';

export type Lease = {
  /** Takes or renews the lease; false: another aggregator has it. */
  acquire(): Promise<boolean>;
  /** Before every write: answers the token, or throws `lease_lost` when another aggregator has held the lease since. */
  confirm(): Promise<number>;
  /** Makes the token grow when it is next acquired or confirmed: what is under way under this one is waited for then. */
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
  let announced = 0;
  let counter = 0n;
  let renewing: Promise<number | null> | null = null;

  const renew = (): Promise<number | null> => {
    renewing ??= (async () => {
      const taken = await leases.acquire(LEASE, owner, ttlMs);
      if (taken === null || taken.token === announced) return taken?.token ?? null;
      const largest = await writers.largest();
      const larger = taken.token > largest ? taken : await leases.acquire(LEASE, owner, ttlMs, largest + 1);
      if (larger === null) return null;
      await writers.announce(larger.token);
      announced = larger.token;
      return announced;
    })().finally(() => {
      renewing = null;
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
      if (taken !== null) adopt(taken);
      return taken !== null;
    },
    confirm: async () => {
      signal.throwIfAborted();
      const taken = await renew();
      // One more: it ran out, and nobody took it in between. Any more: somebody did.
      if (taken === null || (taken !== token && taken !== token + 1))
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
      // A failed renewal is found by the next confirm().
      const timer = setInterval(() => void renew().catch(() => {}), ttlMs / 3);
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
    release: async () => {
      // One in flight would take it again behind the release.
      await renewing?.catch(() => {});
      await leases.release(LEASE, owner);
    },
  };
};
