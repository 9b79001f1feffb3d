/** What workers share through every dialect: see conformance.ts. */
import { describe, expect, test } from 'vitest';
import type { ControlUnderTest } from './conformance-under-test.ts';

export const workersConformance = (under: ControlUnderTest): void => {
  describe('leases', () => {
    test('one at a time holds a lease, and keeps its token while it renews', async () => {
      const two = under.open();
      expect(await under.control.leases.acquire('job', 'a', 1_000)).toEqual({ token: 1 });
      expect(await two.leases.acquire('job', 'b', 1_000)).toBeNull();
      under.pass(900);
      expect(await under.control.leases.acquire('job', 'a', 1_000)).toEqual({ token: 1 });
      under.pass(900);
      expect(await two.leases.acquire('job', 'b', 1_000)).toBeNull();
      expect(await two.leases.acquire('another', 'b', 1_000)).toEqual({ token: 1 });
    });

    test('the token grows when the owner changes, and when the lease had expired under its owner', async () => {
      await under.control.leases.acquire('job', 'a', 1_000);
      under.pass(1_000);
      expect(await under.control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 2 });
      under.pass(1_000);
      expect(await under.control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 3 });
      expect(await under.control.leases.acquire('job', 'a', 1_000)).toBeNull();
    });

    test('a released lease is free, its token still grows, and only its owner releases it', async () => {
      await under.control.leases.acquire('job', 'a', 1_000);
      await under.control.leases.release('job', 'b');
      expect(await under.control.leases.acquire('job', 'b', 1_000)).toBeNull();
      await under.control.leases.release('job', 'a');
      expect(await under.control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 2 });
    });

    test('a token grows to what is asked for, never back, and only for who holds or gets the lease', async () => {
      expect(await under.control.leases.acquire('job', 'a', 1_000, 7)).toEqual({ token: 7 });
      expect(await under.control.leases.acquire('job', 'a', 1_000, 9)).toEqual({ token: 9 });
      expect(await under.control.leases.acquire('job', 'b', 1_000, 20)).toBeNull();
      expect(await under.control.leases.acquire('job', 'a', 1_000, 3)).toEqual({ token: 9 });
      under.pass(1_000);
      expect(await under.control.leases.acquire('job', 'b', 1_000, 12)).toEqual({ token: 12 });
      under.pass(1_000);
      expect(await under.control.leases.acquire('job', 'a', 1_000, 12)).toEqual({ token: 13 });
    });

    test('of many who ask at once exactly one gets it', async () => {
      const many = [under.control, under.open(), under.open()];
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, i) => many[i % 3]?.leases.acquire('job', `owner-${i}`, 1_000)),
      );
      expect(answers.filter((a) => a !== null)).toEqual([{ token: 1 }]);
    });
  });

  describe('job state', () => {
    test('a document is read back as it was last set; one never set is null', async () => {
      expect(await under.control.state.get('sweep')).toBeNull();
      await under.control.state.set('sweep', { done: ['ä', 1, null], at: 5 });
      await under.open().state.set('sweep', { done: [], at: 6 });
      expect(await under.control.state.get('sweep')).toEqual({ done: [], at: 6 });
    });

    test('a document set under a lease is not set by who has lost it', async () => {
      expect(await under.control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'nobody' })).toBe(false);
      await under.control.leases.acquire('job', 'a', 1_000);
      expect(await under.control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'a' })).toBe(true);
      under.pass(1_000);
      await under.control.leases.acquire('job', 'b', 1_000);
      expect(await under.control.state.setUnder({ name: 'job', token: 2 }, 'jobs', { by: 'b' })).toBe(true);
      expect(await under.control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'a again' })).toBe(false);
      expect(await under.control.state.get('jobs')).toEqual({ by: 'b' });
    });
  });

  describe('positions', () => {
    const row = (partition: number, position: bigint, taken_in_up_to: number) => ({
      topic: 'events',
      partition,
      position,
      taken_in_up_to,
      told: null,
    });

    test('an offset larger than a number can hold is kept exactly', async () => {
      await under.control.positions.report([row(0, 2n ** 63n - 1n, under.now())]);
      expect(await under.open().positions.list('events')).toEqual([row(0, 2n ** 63n - 1n, under.now())]);
    });

    test('an older report changes nothing; a newer one counts though its position is smaller', async () => {
      await under.control.positions.report([row(1, 10n, 100), row(0, 5n, 100)]);
      await under.control.positions.report([row(1, 4n, 99)]);
      expect(await under.control.positions.list('events')).toEqual([row(0, 5n, 100), row(1, 10n, 100)]);
      await under.control.positions.report([row(1, 4n, 101), row(1, 3n, 100)]);
      expect(await under.control.positions.list('events')).toEqual([row(0, 5n, 100), row(1, 4n, 101)]);
      await under.control.positions.report([]);
      expect(await under.control.positions.list('other')).toEqual([]);
      await under.control.positions.keepOnly('other', []);
      await under.control.positions.keepOnly('events', [1]);
      expect(await under.control.positions.list('events')).toEqual([row(1, 4n, 101)]);
    });

    test('what a worker tells of a partition is the latest word, whether or not its position is', async () => {
      const told = (worker: string, at: number, state = 'reading') => ({ worker, at, word: { state, why: null } });
      const { positions } = under.control;
      await positions.report([row(0, 0n, 0), { ...row(1, 7n, 100), told: told('a', 10) }]);
      expect(await under.open().positions.list('events')).toEqual([
        row(0, 0n, 0),
        { ...row(1, 7n, 100), told: told('a', 10) },
      ]);
      await positions.report([{ ...row(1, 0n, 0), told: told('b', 11, 'waiting') }]);
      expect(await positions.list('events')).toMatchObject([
        {},
        { ...row(1, 7n, 100), told: told('b', 11, 'waiting') },
      ]);
      // Of who has lost it, and who tells nothing: a version before this one, or one that only says that it is there.
      await positions.report([{ ...row(1, 8n, 101), told: told('a', 10) }, row(0, 0n, 0)]);
      await positions.report([row(1, 9n, 102)]);
      expect(await positions.list('events')).toEqual([
        row(0, 0n, 0),
        { ...row(1, 9n, 102), told: told('b', 11, 'waiting') },
      ]);
    });
  });

  describe('rejections', () => {
    const row = (store_id: string, quarter: number, code: string, count: number) => ({
      store_id,
      quarter,
      code,
      count,
    });

    test('counts of several collectors add up, by store, quarter and code', async () => {
      await under.control.rejections.add([row('a', 900_000, 'bad_id', 2), row('a', 900_000, 'bad_time', 1)]);
      await Promise.all([
        under.control.rejections.add([row('a', 900_000, 'bad_id', 3), row('', 900_000, 'bad_id', 7)]),
        under.open().rejections.add([row('a', 1_800_000, 'bad_id', 4), row('a', 900_000, 'bad_id', 5)]),
      ]);
      await under.control.rejections.add([]);
      expect(await under.control.rejections.list('a', 900_000, 1_800_000)).toEqual([
        row('a', 900_000, 'bad_id', 10),
        row('a', 900_000, 'bad_time', 1),
      ]);
      expect(await under.open().rejections.list('a', 900_001, 1_800_001)).toEqual([row('a', 1_800_000, 'bad_id', 4)]);
      expect(await under.control.rejections.list('b', 0, under.now())).toEqual([]);
    });
  });
};
