/** What every dialect does with erasures: see conformance.ts. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { ControlUnderTest } from './conformance-under-test.ts';

export const erasuresConformance = (under: ControlUnderTest): void => {
  describe('erasures', () => {
    const asked = { store_id: 'shop', kind: 'customer', hash: 2n ** 64n - 1n, up_to: 500, begun_by: 'k' } as const;
    beforeEach(() => under.control.stores.create('shop'));

    test('an erasure is read back as it was begun, and of two who change it at once one does', async () => {
      const begun = await under.control.erasures.begin({ ...asked, document: { phase: 'marking' } });
      const expected = { ...asked, erasure: 1, begun_at: under.now(), ended_at: null, revision: 1, restated_days: [] };
      expect(begun).toEqual({ ...expected, document: { phase: 'marking' } });
      expect(await under.open().erasures.get(1)).toEqual(begun);
      expect(await under.control.erasures.get(2)).toBeNull();
      const changes = await Promise.all([
        under.control.erasures.change(begun, { document: { phase: 'a' } }),
        under.open().erasures.change(begun, { document: { phase: 'b' } }),
      ]);
      expect(changes.filter((change) => change === null)).toHaveLength(1);
      const changed = changes.find((change) => change !== null);
      expect(await under.control.erasures.list()).toEqual([changed]);
      expect(changed).toMatchObject({ revision: 2, ended_at: null });
    });

    test('an erasure needs a store that exists', async () => {
      await expect(under.control.erasures.begin({ ...asked, store_id: 'none', document: null })).rejects.toMatchObject({
        code: 'unknown_store',
      });
    });

    test('tombstones are numbered in the order of writing, and buried again none comes twice', async () => {
      const begun = await under.control.erasures.begin({ ...asked, document: null });
      await under.control.erasures.bury(begun, [7n]);
      await under.control.erasures.bury(begun, [7n, 2n ** 63n, 7n]);
      const of = { store_id: 'shop', up_to: 500 };
      const all = [
        { ...of, number: 1, kind: 'customer', hash: 2n ** 64n - 1n },
        { ...of, number: 2, kind: 'visitor', hash: 7n },
        { ...of, number: 3, kind: 'visitor', hash: 2n ** 63n },
      ];
      expect(await under.open().erasures.tombstones(0)).toEqual(all);
      expect(await under.control.erasures.tombstones(2)).toEqual(all.slice(2));
    });

    test('of many who write at once each gets numbers of its own', async () => {
      const some = await Promise.all(
        Array.from({ length: 5 }, (_, i) =>
          under.open().erasures.begin({ ...asked, kind: 'visitor', hash: BigInt(i), document: i }),
        ),
      );
      expect(new Set(some.map(({ erasure }) => erasure)).size).toBe(5);
      await Promise.all(some.map((each) => under.open().erasures.bury(each, [100n, 101n])));
      const numbers = (await under.control.erasures.tombstones(0)).map(({ number }) => number);
      expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    });

    test('days are restated until they are taken back', async () => {
      const begun = await under.control.erasures.begin({ ...asked, document: null });
      const other = await under.control.erasures.begin({ ...asked, document: null });
      const told = await under.control.erasures.change(begun, { restated_days: ['2026-11-01', '2026-11-02'] });
      await under.control.erasures.change(other, { restated_days: ['2026-11-02', '2026-11-03'] });
      expect(await under.control.erasures.restatedDays()).toEqual(
        new Map([['shop', new Set(['2026-11-01', '2026-11-02', '2026-11-03'])]]),
      );
      if (told) await under.control.erasures.change(told, { restated_days: [] });
      expect((await under.control.erasures.restatedDays()).get('shop')).toEqual(new Set(['2026-11-02', '2026-11-03']));
    });
  });
};
