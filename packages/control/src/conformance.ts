/** What every dialect of the control store must do. Run by control.test.ts (SQLite) and test/integration (PostgreSQL). */
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { definitionsConformance } from './conformance-definitions.ts';
import type { Control } from './port.ts';

export type ConformanceSetUp = {
  /** Opens one more control on the same database, not yet migrated. Closed by the suite. */
  open(now: () => number): Control;
  /** Removes the database, so that the next test has a new one. */
  drop(): Promise<void>;
};

export const controlConformance = (name: string, setUp: () => Promise<ConformanceSetUp>): void => {
  describe(`control store on ${name}`, () => {
    let clock = 1_700_000_000_000;
    let database: ConformanceSetUp;
    let control: Control;
    let opened: Control[] = [];
    const open = (): Control => {
      const one = database.open(() => clock);
      opened.push(one);
      return one;
    };

    beforeEach(async () => {
      clock = 1_700_000_000_000;
      database = await setUp();
      control = open();
      await control.migrate();
    });
    afterEach(async () => {
      await Promise.all(opened.map((one) => one.close()));
      opened = [];
      await database.drop();
    });

    describe('migrations', () => {
      test('several at once, and again later, apply each once', async () => {
        await database.drop();
        await Promise.all(opened.map((one) => one.close()));
        opened = [];
        database = await setUp();
        const three = [open(), open(), open()];
        await Promise.all(three.map((one) => one.migrate()));
        await Promise.all(three.map((one) => one.migrate()));
        control = open();
        expect(await control.stores.list()).toEqual([]);
      });
    });

    describe('stores', () => {
      test('a store is read back as it was created', async () => {
        const made = await control.stores.create('shop-1', {
          time_zone: 'europe/berlin',
          currency: 'JPY',
          stages: ['visit', 'checkout.contact', 'custom:wish_list', 'purchase'],
        });
        const definition = {
          ...DEFAULT_DEFINITION,
          time_zone: 'Europe/Berlin',
          currency: 'JPY',
          stages: ['visit', 'checkout.contact', 'custom:wish_list', 'purchase'],
        };
        expect(made).toEqual({
          store_id: 'shop-1',
          created_at: clock,
          definition,
          versions: [{ from: null, definition }],
        });
        expect(await open().stores.get('shop-1')).toEqual(made);
        expect(await control.stores.get('shop-2')).toBeNull();
      });

      test('of two creations of one store exactly one succeeds', async () => {
        const outcomes = await Promise.allSettled([control.stores.create('shop'), open().stores.create('shop')]);
        expect(outcomes.map((o) => o.status).sort()).toEqual(['fulfilled', 'rejected']);
        await expect(control.stores.create('shop')).rejects.toMatchObject({ code: 'store_exists', field: 'store_id' });
      });

      test('stores are listed by their id', async () => {
        for (const id of ['b', 'a', 'c']) await control.stores.create(id);
        expect((await control.stores.list()).map((s) => s.store_id)).toEqual(['a', 'b', 'c']);
      });

      test.each([
        '',
        'Shop',
        'null',
        '0',
        'a b',
        'a/b',
        'a'.repeat(65),
        '../etc',
        "a';drop table stores--",
        'shop\n',
        'ſhop',
      ])('%j is no store id', async (id) => {
        await expect(control.stores.create(id)).rejects.toMatchObject({ code: 'bad_store_id', field: 'store_id' });
        expect(await control.stores.list()).toEqual([]);
      });
    });

    definitionsConformance(() => control, open);

    describe('keys', () => {
      test('a key is verified as what it was made for', async () => {
        await control.stores.create('shop');
        const write = await control.keys.create('shop', 'events:write');
        const read = await control.keys.create('shop', 'reports:read');
        const admin = await control.keys.create(null, 'admin');
        expect(write.key).toMatch(/^ck_w_[0-9a-z]{12}_[A-Za-z0-9_-]{43}$/);
        expect(read.key).toMatch(/^ck_r_/);
        expect(admin.key).toMatch(/^ck_a_/);
        const info = {
          key_id: write.key_id,
          store_id: 'shop',
          scope: 'events:write',
          created_at: clock,
          revoked_at: null,
          events_per_second: null,
          burst_events: null,
        };
        expect(await control.keys.verify(write.key)).toEqual(info);
        expect(await control.keys.verify(read.key)).toMatchObject({ store_id: 'shop', scope: 'reports:read' });
        expect(await control.keys.verify(admin.key)).toMatchObject({ store_id: null, scope: 'admin' });
      });

      test('the list of keys holds nothing with which a key could be made', async () => {
        await control.stores.create('shop');
        const { key } = await control.keys.create('shop', 'events:write');
        const listed = JSON.stringify(await control.keys.list('shop'));
        expect(listed).not.toContain(key.slice(-43));
        expect(listed).not.toContain('sha256');
      });

      test('a revoked key is refused, at once and by every process; revoking it again says false', async () => {
        await control.stores.create('shop');
        const { key, key_id } = await control.keys.create('shop', 'events:write');
        expect(await control.keys.revoke(key_id)).toBe(true);
        expect(await open().keys.verify(key)).toBeNull();
        expect(await control.keys.revoke(key_id)).toBe(false);
        expect(await control.keys.revoke('unknown')).toBe(false);
        expect(await control.keys.list('shop')).toMatchObject([{ key_id, revoked_at: clock }]);
      });

      test('a key that was altered, cut or made up is refused', async () => {
        await control.stores.create('shop');
        const { key, key_id } = await control.keys.create('shop', 'events:write');
        const other = key.endsWith('A') ? 'B' : 'A';
        const made = [
          '',
          'ck_',
          key.slice(0, -1),
          `${key} `,
          `${key}\n`,
          key.toUpperCase(),
          key.slice(0, -1) + other,
          key.replace('ck_w_', 'ck_a_'),
          `ck_w_${key_id}_${'A'.repeat(43)}`,
          `ck_w_000000000000_${key.slice(-43)}`,
          "ck_w_' or 1=1 --",
          'x'.repeat(1_000_000),
        ];
        for (const bad of made) expect(await control.keys.verify(bad)).toBeNull();
        expect(await control.keys.verify(key)).not.toBeNull();
      });

      test('a key may have a rate of its own, and then a burst of five seconds of it unless it has one too', async () => {
        await control.stores.create('shop');
        const limitsOf = async (limits: Parameters<typeof control.keys.create>[2]) => {
          const { key } = await control.keys.create('shop', 'events:write', limits);
          const info = await control.keys.verify(key);
          return [info?.events_per_second, info?.burst_events];
        };
        expect(await limitsOf({ events_per_second: 200 })).toEqual([200, 1_000]);
        expect(await limitsOf({ events_per_second: 200, burst_events: 300 })).toEqual([200, 300]);
        expect(await limitsOf({ burst_events: 300 })).toEqual([null, 300]);
        expect(await limitsOf({ events_per_second: undefined })).toEqual([null, null]);
        const listed = await control.keys.list('shop');
        expect(listed.filter((key) => key.burst_events === 300)).toHaveLength(2);
      });

      test.each([0, -1, 1.5, Number.NaN, 1_000_001])('a rate of %d is refused', async (rate) => {
        await control.stores.create('shop');
        for (const field of ['events_per_second', 'burst_events']) {
          await expect(control.keys.create('shop', 'events:write', { [field]: rate })).rejects.toMatchObject({
            code: 'bad_key_request',
            field,
          });
        }
      });

      test('a rate is for keys that send events', async () => {
        await control.stores.create('shop');
        await expect(control.keys.create('shop', 'reports:read', { events_per_second: 5 })).rejects.toMatchObject({
          code: 'bad_key_request',
        });
      });

      test('a key needs a store that exists, an admin key none', async () => {
        const { keys } = control;
        await expect(keys.create('nowhere', 'events:write')).rejects.toMatchObject({ code: 'unknown_store' });
        await expect(keys.create(null, 'reports:read')).rejects.toMatchObject({ code: 'bad_key_request' });
        await control.stores.create('shop');
        await expect(keys.create('shop', 'admin')).rejects.toMatchObject({ code: 'bad_key_request' });
      });
    });

    describe('leases', () => {
      test('one at a time holds a lease, and keeps its token while it renews', async () => {
        const two = open();
        expect(await control.leases.acquire('job', 'a', 1_000)).toEqual({ token: 1 });
        expect(await two.leases.acquire('job', 'b', 1_000)).toBeNull();
        clock += 900;
        expect(await control.leases.acquire('job', 'a', 1_000)).toEqual({ token: 1 });
        clock += 900;
        expect(await two.leases.acquire('job', 'b', 1_000)).toBeNull();
        expect(await two.leases.acquire('another', 'b', 1_000)).toEqual({ token: 1 });
      });

      test('the token grows when the owner changes, and when the lease had expired under its owner', async () => {
        await control.leases.acquire('job', 'a', 1_000);
        clock += 1_000;
        expect(await control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 2 });
        clock += 1_000;
        expect(await control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 3 });
        expect(await control.leases.acquire('job', 'a', 1_000)).toBeNull();
      });

      test('a released lease is free, its token still grows, and only its owner releases it', async () => {
        await control.leases.acquire('job', 'a', 1_000);
        await control.leases.release('job', 'b');
        expect(await control.leases.acquire('job', 'b', 1_000)).toBeNull();
        await control.leases.release('job', 'a');
        expect(await control.leases.acquire('job', 'b', 1_000)).toEqual({ token: 2 });
      });

      test('a token grows to what is asked for, never back, and only for who holds or gets the lease', async () => {
        expect(await control.leases.acquire('job', 'a', 1_000, 7)).toEqual({ token: 7 });
        expect(await control.leases.acquire('job', 'a', 1_000, 9)).toEqual({ token: 9 });
        expect(await control.leases.acquire('job', 'b', 1_000, 20)).toBeNull();
        expect(await control.leases.acquire('job', 'a', 1_000, 3)).toEqual({ token: 9 });
        clock += 1_000;
        expect(await control.leases.acquire('job', 'b', 1_000, 12)).toEqual({ token: 12 });
        clock += 1_000;
        expect(await control.leases.acquire('job', 'a', 1_000, 12)).toEqual({ token: 13 });
      });

      test('of many who ask at once exactly one gets it', async () => {
        const many = [control, open(), open()];
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, i) => many[i % 3]?.leases.acquire('job', `owner-${i}`, 1_000)),
        );
        expect(answers.filter((a) => a !== null)).toEqual([{ token: 1 }]);
      });
    });

    describe('job state', () => {
      test('a document is read back as it was last set; one never set is null', async () => {
        expect(await control.state.get('sweep')).toBeNull();
        await control.state.set('sweep', { done: ['ä', 1, null], at: 5 });
        await open().state.set('sweep', { done: [], at: 6 });
        expect(await control.state.get('sweep')).toEqual({ done: [], at: 6 });
      });

      test('a document set under a lease is not set by who has lost it', async () => {
        expect(await control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'nobody' })).toBe(false);
        await control.leases.acquire('job', 'a', 1_000);
        expect(await control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'a' })).toBe(true);
        clock += 1_000;
        await control.leases.acquire('job', 'b', 1_000);
        expect(await control.state.setUnder({ name: 'job', token: 2 }, 'jobs', { by: 'b' })).toBe(true);
        expect(await control.state.setUnder({ name: 'job', token: 1 }, 'jobs', { by: 'a again' })).toBe(false);
        expect(await control.state.get('jobs')).toEqual({ by: 'b' });
      });
    });

    describe('positions', () => {
      const row = (partition: number, position: bigint, taken_in_up_to: number) => ({
        topic: 'events',
        partition,
        position,
        taken_in_up_to,
      });

      test('an offset larger than a number can hold is kept exactly', async () => {
        await control.positions.report([row(0, 2n ** 63n - 1n, clock)]);
        expect(await open().positions.list('events')).toEqual([row(0, 2n ** 63n - 1n, clock)]);
      });

      test('an older report changes nothing; a newer one counts though its position is smaller', async () => {
        await control.positions.report([row(1, 10n, 100), row(0, 5n, 100)]);
        await control.positions.report([row(1, 4n, 99)]);
        expect(await control.positions.list('events')).toEqual([row(0, 5n, 100), row(1, 10n, 100)]);
        await control.positions.report([row(1, 4n, 101), row(1, 3n, 100)]);
        expect(await control.positions.list('events')).toEqual([row(0, 5n, 100), row(1, 4n, 101)]);
        await control.positions.report([]);
        expect(await control.positions.list('other')).toEqual([]);
        await control.positions.keepOnly('other', []);
        await control.positions.keepOnly('events', [1]);
        expect(await control.positions.list('events')).toEqual([row(1, 4n, 101)]);
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
        await control.rejections.add([row('a', 900_000, 'bad_id', 2), row('a', 900_000, 'bad_time', 1)]);
        await Promise.all([
          control.rejections.add([row('a', 900_000, 'bad_id', 3), row('', 900_000, 'bad_id', 7)]),
          open().rejections.add([row('a', 1_800_000, 'bad_id', 4), row('a', 900_000, 'bad_id', 5)]),
        ]);
        await control.rejections.add([]);
        expect(await control.rejections.list('a', 900_000, 1_800_000)).toEqual([
          row('a', 900_000, 'bad_id', 10),
          row('a', 900_000, 'bad_time', 1),
        ]);
        expect(await open().rejections.list('a', 900_001, 1_800_001)).toEqual([row('a', 1_800_000, 'bad_id', 4)]);
        expect(await control.rejections.list('b', 0, clock)).toEqual([]);
      });
    });

    describe('erasures', () => {
      const asked = { store_id: 'shop', kind: 'customer', hash: 2n ** 64n - 1n, up_to: 500, begun_by: 'k' } as const;
      beforeEach(() => control.stores.create('shop'));

      test('an erasure is read back as it was begun, and of two who change it at once one does', async () => {
        const begun = await control.erasures.begin({ ...asked, document: { phase: 'marking' } });
        const expected = { ...asked, erasure: 1, begun_at: clock, ended_at: null, revision: 1, restated_days: [] };
        expect(begun).toEqual({ ...expected, document: { phase: 'marking' } });
        expect(await open().erasures.get(1)).toEqual(begun);
        expect(await control.erasures.get(2)).toBeNull();
        const changes = await Promise.all([
          control.erasures.change(begun, { document: { phase: 'a' } }),
          open().erasures.change(begun, { document: { phase: 'b' } }),
        ]);
        expect(changes.filter((change) => change === null)).toHaveLength(1);
        const changed = changes.find((change) => change !== null);
        expect(await control.erasures.list()).toEqual([changed]);
        expect(changed).toMatchObject({ revision: 2, ended_at: null });
      });

      test('an erasure needs a store that exists', async () => {
        await expect(control.erasures.begin({ ...asked, store_id: 'none', document: null })).rejects.toMatchObject({
          code: 'unknown_store',
        });
      });

      test('tombstones are numbered in the order of writing, and buried again none comes twice', async () => {
        const begun = await control.erasures.begin({ ...asked, document: null });
        await control.erasures.bury(begun, [7n]);
        await control.erasures.bury(begun, [7n, 2n ** 63n, 7n]);
        const of = { store_id: 'shop', up_to: 500 };
        const all = [
          { ...of, number: 1, kind: 'customer', hash: 2n ** 64n - 1n },
          { ...of, number: 2, kind: 'visitor', hash: 7n },
          { ...of, number: 3, kind: 'visitor', hash: 2n ** 63n },
        ];
        expect(await open().erasures.tombstones(0)).toEqual(all);
        expect(await control.erasures.tombstones(2)).toEqual(all.slice(2));
      });

      test('of many who write at once each gets numbers of its own', async () => {
        const some = await Promise.all(
          Array.from({ length: 5 }, (_, i) =>
            open().erasures.begin({ ...asked, kind: 'visitor', hash: BigInt(i), document: i }),
          ),
        );
        expect(new Set(some.map(({ erasure }) => erasure)).size).toBe(5);
        await Promise.all(some.map((each) => open().erasures.bury(each, [100n, 101n])));
        const numbers = (await control.erasures.tombstones(0)).map(({ number }) => number);
        expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
      });

      test('days are restated until they are taken back', async () => {
        const begun = await control.erasures.begin({ ...asked, document: null });
        const other = await control.erasures.begin({ ...asked, document: null });
        const told = await control.erasures.change(begun, { restated_days: ['2026-11-01', '2026-11-02'] });
        await control.erasures.change(other, { restated_days: ['2026-11-02', '2026-11-03'] });
        expect(await control.erasures.restatedDays()).toEqual(
          new Map([['shop', new Set(['2026-11-01', '2026-11-02', '2026-11-03'])]]),
        );
        if (told) await control.erasures.change(told, { restated_days: [] });
        expect((await control.erasures.restatedDays()).get('shop')).toEqual(new Set(['2026-11-02', '2026-11-03']));
      });
    });

    test('an open store is healthy; closing twice is fine', async () => {
      const one = open();
      expect(await one.healthy()).toBe(true);
      await one.close();
      await one.close();
      expect(await one.healthy()).toBe(false);
    });
  });
};
