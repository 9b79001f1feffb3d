/** What every dialect of the control store must do. Run by control.test.ts (SQLite) and test/integration (PostgreSQL). */
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { definitionsConformance } from './conformance-definitions.ts';
import { erasuresConformance } from './conformance-erasures.ts';
import { keysConformance } from './conformance-keys.ts';
import type { ControlUnderTest } from './conformance-under-test.ts';
import { workersConformance } from './conformance-workers.ts';
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
    const under: ControlUnderTest = {
      get control() {
        return control;
      },
      open,
      now: () => clock,
      pass: (ms) => {
        clock += ms;
      },
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

    definitionsConformance(under);
    keysConformance(under);
    workersConformance(under);
    erasuresConformance(under);

    test('an open store is healthy; closing twice is fine', async () => {
      const one = open();
      expect(await one.healthy()).toBe(true);
      await one.close();
      await one.close();
      expect(await one.healthy()).toBe(false);
    });
  });
};
