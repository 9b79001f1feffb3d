/** What every dialect does with versions of a definition: see conformance.ts. */
import { DEFAULT_DEFINITION, stretchesInForce } from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import type { ControlUnderTest } from './conformance-under-test.ts';

export const definitionsConformance = (under: ControlUnderTest): void => {
  describe('definitions', () => {
    const froms = async (id = 'shop') =>
      (await under.open().stores.get(id))?.versions.map(({ from, definition }) => [definition.version, from]);

    test('a change is a new version from its day on; those before stay, and all are read back', async () => {
      const first = await under.control.stores.create('shop', { currency: 'JPY' });
      const second = await under.control.stores.define('shop', { stages: ['visit', 'purchase'] }, '2026-11-01');
      expect(second.definition).toEqual({
        ...first.definition,
        version: 2,
        stages: ['visit', 'purchase'],
      });
      expect(second.versions).toEqual([
        { from: null, definition: first.definition },
        { from: '2026-11-01', definition: second.definition },
      ]);
      expect(await under.open().stores.get('shop')).toEqual(second);
      await under.control.stores.create('another');
      expect(await under.control.stores.list()).toMatchObject([{ versions: [{}] }, second]);
    });

    test('what is the case already makes no version', async () => {
      const made = await under.control.stores.create('shop');
      expect(await under.control.stores.define('shop', {}, null)).toEqual(made);
      const { version: _, ...same } = made.definition;
      expect(await under.control.stores.define('shop', same, '2026-11-01')).toEqual(made);
      const changed = await under.control.stores.define('shop', { idle_ms: 5 }, '2026-11-01');
      expect(await under.control.stores.define('shop', { idle_ms: 5 }, '2026-11-02')).toEqual(changed);
      expect(await under.control.stores.define('shop', { currency: 'EUR' }, null)).toEqual(changed);
      // Before that day it is not the case yet.
      await under.control.stores.define('shop', { idle_ms: 5 }, null);
      expect(await froms()).toEqual([
        [1, null],
        [2, '2026-11-01'],
        [3, null],
      ]);
    });

    /** What of a store is in force, by the day from which it is. */
    const inForce = async (...fields: ('idle_ms' | 'abandon_ms' | 'recovery_ms' | 'stages')[]) =>
      stretchesInForce((await under.open().stores.get('shop'))?.versions ?? []).map(({ from, definition }) => [
        from,
        ...fields.map((field) => definition[field]),
      ]);

    test('a change for all history changes only what it gives, in each stretch of days', async () => {
      await under.control.stores.create('shop', { idle_ms: 1_000, abandon_ms: 3_600_000 });
      await under.control.stores.define('shop', { abandon_ms: 7_200_000 }, '2026-11-01');
      const store = await under.control.stores.define('shop', { idle_ms: 1_200_000 }, null);
      expect(await inForce('idle_ms', 'abandon_ms')).toEqual([
        [null, 1_200_000, 3_600_000],
        ['2026-11-01', 1_200_000, 7_200_000],
      ]);
      expect(await froms()).toEqual([
        [1, null],
        [2, '2026-11-01'],
        [3, null],
        [4, '2026-11-01'],
      ]);
      expect(await under.open().stores.get('shop')).toEqual(store);
      expect(store.definition).toEqual(store.versions[3]?.definition);
    });

    test('a change from a day within a stretch leaves the days before it, and reaches those of later stretches', async () => {
      await under.control.stores.create('shop', { idle_ms: 1 });
      await under.control.stores.define('shop', { abandon_ms: 7_200_000 }, '2026-11-01');
      await under.control.stores.define('shop', { recovery_ms: 9 }, '2026-12-01');
      await under.control.stores.define('shop', { idle_ms: 2 }, '2026-10-15');
      const fields = ['idle_ms', 'abandon_ms', 'recovery_ms'] as const;
      const week = 604_800_000;
      expect(await inForce(...fields)).toEqual([
        [null, 1, 3_600_000, week],
        ['2026-10-15', 2, 3_600_000, week],
        ['2026-11-01', 2, 7_200_000, week],
        ['2026-12-01', 2, 7_200_000, 9],
      ]);
      // Only from the first stretch on that it changes; what then equals the stretch before needs no version.
      await under.control.stores.define('shop', { abandon_ms: 7_200_000, recovery_ms: 9 }, '2026-11-15');
      expect(await inForce(...fields)).toEqual([
        [null, 1, 3_600_000, week],
        ['2026-10-15', 2, 3_600_000, week],
        ['2026-11-01', 2, 7_200_000, week],
        ['2026-11-15', 2, 7_200_000, 9],
      ]);
      expect((await froms())?.slice(3)).toEqual([
        [4, '2026-10-15'],
        [5, '2026-11-01'],
        [6, '2026-12-01'],
        [7, '2026-11-15'],
      ]);
      const before = await froms();
      await under.control.stores.define('shop', { recovery_ms: 9 }, '2026-11-20');
      expect(await froms()).toEqual(before);
    });

    test('targets are those of the newest stages, and what does not fit the stages of other days is refused with the days', async () => {
      await under.control.stores.create('shop', { targets: { checkout: 0.5 } });
      await under.control.stores.define('shop', { stages: ['visit', 'purchase'], targets: { visit: 1 } }, '2026-11-01');
      const changed = await under.control.stores.define('shop', { idle_ms: 5, targets: { purchase: 0.1 } }, null);
      expect(changed.definition.targets).toEqual({ purchase: 0.1 });
      expect((await inForce('stages')).map(([from]) => from)).toEqual([null, '2026-11-01']);
      await under.control.stores.define('shop', { abandon_ms: 60_000 }, '2026-11-01');
      await under.control.stores.define('shop', { abandon_ms: 5 }, '2026-12-01');
      const before = await froms();
      await under.control.stores.define('shop', { abandon_ms: 9_000_000 }, '2026-12-01');
      await expect(under.control.stores.define('shop', { idle_ms: 9_000_000 }, null)).rejects.toMatchObject({
        code: 'bad_definition',
        field: 'idle_ms',
        message: expect.stringMatching(/^Before 2026-11-01: idle_ms is 9000000: longer than abandon_ms/),
      });
      expect(await froms()).toHaveLength((before?.length ?? 0) + 1);
    });

    test('of changes of several stretches made at once none is lost, and none is half made', async () => {
      await under.control.stores.create('shop', { idle_ms: 1 });
      await under.control.stores.define('shop', { abandon_ms: 7_200_000 }, '2026-11-01');
      const other = under.open();
      await Promise.all([
        under.control.stores.define('shop', { idle_ms: 2 }, null),
        other.stores.define('shop', { recovery_ms: 9 }, null),
        under.control.stores.define('shop', { stages: ['visit', 'purchase'] }, '2026-10-01'),
        other.stores.define('shop', { currency: 'JPY' }, null),
      ]);
      expect(await inForce('idle_ms', 'abandon_ms', 'recovery_ms')).toEqual([
        [null, 2, 3_600_000, 9],
        ['2026-10-01', 2, 3_600_000, 9],
        ['2026-11-01', 2, 7_200_000, 9],
      ]);
      expect((await inForce('stages')).map(([, stages]) => stages)).toEqual([
        DEFAULT_DEFINITION.stages,
        ['visit', 'purchase'],
        ['visit', 'purchase'],
      ]);
      const store = await under.open().stores.get('shop');
      expect(store?.definition.currency).toBe('JPY');
      expect(store?.versions.map((v) => v.definition.version)).toEqual(store?.versions.map((_, i) => i + 1));
    });

    test('a change of what holds for all history anyway leaves the days of the other fields as they are', async () => {
      await under.control.stores.create('shop');
      await under.control.stores.define('shop', { idle_ms: 5 }, '2026-11-01');
      await under.control.stores.define('shop', { time_zone: 'Asia/Tokyo', targets: { visit: 1 } }, null);
      expect(await froms()).toEqual([
        [1, null],
        [2, '2026-11-01'],
        [3, '2026-11-01'],
      ]);
    });

    test('of changes made at once none is lost, and each is a version of its own', async () => {
      await under.control.stores.create('shop');
      const other = under.open();
      await Promise.all([
        under.control.stores.define('shop', { currency: 'JPY' }, null),
        other.stores.define('shop', { recovery_ms: 9 }, null),
        under.control.stores.define('shop', { idle_ms: 7 }, null),
        other.stores.define('shop', { time_zone: 'Asia/Tokyo' }, null),
      ]);
      const store = await under.open().stores.get('shop');
      expect(store?.definition).toMatchObject({
        version: 5,
        currency: 'JPY',
        recovery_ms: 9,
        idle_ms: 7,
        time_zone: 'Asia/Tokyo',
      });
      expect(store?.versions.map((v) => v.definition.version)).toEqual([1, 2, 3, 4, 5]);
    });

    test('a change that cannot be is refused whole, naming what is wrong', async () => {
      await under.control.stores.create('shop');
      const { stores } = under.control;
      await expect(stores.define('shop', { currency: 'JPY', idle_ms: -1 }, null)).rejects.toMatchObject({
        code: 'bad_definition',
        field: 'idle_ms',
      });
      for (const from of ['2026-02-30', 'tomorrow', ''])
        await expect(stores.define('shop', { currency: 'JPY' }, from)).rejects.toMatchObject({
          code: 'bad_definition',
          field: 'from',
        });
      await expect(stores.define('nowhere', {}, null)).rejects.toMatchObject({ code: 'unknown_store' });
      expect(await froms()).toEqual([[1, null]]);
    });
  });
};
