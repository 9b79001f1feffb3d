import { createControl } from '@cartledger/control';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLease, type Lease } from './lease.ts';

const TTL_MS = 15_000;

/** A control store of its own by a clock of the test's, and what ClickHouse has been told of tokens. */
const setUp = async () => {
  let time = 0;
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: () => time });
  await control.migrate();
  onTestFinished(() => control[Symbol.asyncDispose]());
  /** What was announced, by whomever. */
  const told: number[] = [];
  const announcing = { answer: async (): Promise<void> => {} };
  const writers = {
    largest: async () => Math.max(0, ...told),
    announce: async (token: number) => {
      told.push(token);
      await announcing.answer();
    },
  };
  const leaseOf = (owner: string): Lease =>
    createLease({ leases: control.leases, writers }, { owner, ttlMs: TTL_MS, signal: new AbortController().signal });
  const pass = (ms: number): void => {
    time += ms;
  };
  return { leaseOf, told, announcing, pass };
};

test('a lease that ran out and that nobody took is held on, under a larger token', async () => {
  const { leaseOf, pass } = await setUp();
  const lease = leaseOf('a');
  await lease.acquire();
  pass(TTL_MS * 2);
  expect(await lease.confirm()).toBe(2);
});

test('a lease that another has held since is lost until it is acquired again', async () => {
  const { leaseOf, pass } = await setUp();
  const [lease, other] = [leaseOf('a'), leaseOf('b')];
  await lease.acquire();
  pass(TTL_MS * 2);
  expect(await other.acquire()).toBe(true);
  await expect(lease.confirm()).rejects.toMatchObject({ code: 'lease_lost' });
  await other.release();
  await expect(lease.confirm()).rejects.toMatchObject({ code: 'lease_lost' });
  expect(await lease.acquire()).toBe(true);
  expect(await lease.confirm()).toBe(3);
});

test('a lease that another has held is lost too when the control store has forgotten it', async () => {
  const { leaseOf, told } = await setUp();
  const lease = leaseOf('a');
  await lease.acquire();
  told.push(2);
  await expect(lease.confirm()).resolves.toBe(1);
  lease.outgrow();
  await expect(lease.confirm()).rejects.toMatchObject({ code: 'lease_lost' });
  expect(await lease.acquire()).toBe(true);
  expect(lease.token()).toBe(3);
});

test('a token that was outgrown is never used again, though ClickHouse has forgotten it', async () => {
  const { leaseOf, told } = await setUp();
  const lease = leaseOf('a');
  await lease.acquire();
  lease.outgrow();
  told.length = 0;
  expect(await lease.confirm()).toBe(2);
});

test('what another took while an announcement waited is not held, and what ran out meanwhile is taken anew', async () => {
  const { leaseOf, announcing, pass } = await setUp();
  const [lease, other] = [leaseOf('a'), leaseOf('b')];
  announcing.answer = async () => {
    pass(TTL_MS * 2);
    announcing.answer = async () => {};
  };
  expect(await lease.acquire()).toBe(true);
  expect(lease.token()).toBe(2);
  lease.outgrow();
  announcing.answer = async () => {
    pass(TTL_MS * 2);
    announcing.answer = async () => {};
    expect(await other.acquire()).toBe(true);
  };
  expect(await lease.acquire()).toBe(false);
});

test('announcements without an answer take the lease from nobody: the next one is of a larger token', async () => {
  const { leaseOf, told, announcing } = await setUp();
  const lease = leaseOf('a');
  await lease.acquire();
  lease.outgrow();
  announcing.answer = () => Promise.reject(new Error('no answer in time'));
  await expect(lease.confirm()).rejects.toThrow('no answer');
  await expect(lease.confirm()).rejects.toThrow('no answer');
  announcing.answer = async () => {};
  expect(await lease.confirm()).toBe(4);
  expect(told).toEqual([1, 2, 3, 4]);
});

test('while an announcement waits for inserts under way, the lease is kept alive', async () => {
  const { leaseOf, announcing, pass } = await setUp();
  const [lease, other] = [leaseOf('a'), leaseOf('b')];
  await lease.acquire();
  lease.outgrow();
  const { promise, resolve } = Promise.withResolvers<void>();
  announcing.answer = () => promise;
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  using _ = lease.keepAlive();
  const confirmed = lease.confirm();
  for (let waited = 0; waited < 90_000; waited += TTL_MS / 3) {
    pass(TTL_MS / 3);
    await vi.advanceTimersByTimeAsync(TTL_MS / 3);
    expect(await other.acquire()).toBe(false);
  }
  resolve();
  expect(await confirmed).toBe(2);
});

test('given back while a renewal is on its way, it stays given back', async () => {
  const deeds: string[] = [];
  const answer = Promise.withResolvers<{ token: number }>();
  const leases = {
    acquire: async () => {
      const taken = await answer.promise;
      deeds.push('taken');
      return taken;
    },
    release: async () => void deeds.push('released'),
  };
  const writers = { largest: async () => 0, announce: async () => {} };
  const lease = createLease({ leases, writers }, { owner: 'me', ttlMs: 1_000, signal: new AbortController().signal });
  const renewal = lease.acquire();
  const released = lease.release();
  answer.resolve({ token: 1 });
  await Promise.all([renewal, released]);
  expect(deeds.at(-1)).toBe('released');
});
