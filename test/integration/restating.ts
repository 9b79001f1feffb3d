/** Restatements of closed days: what came in time, what came late, and the lines that the latter leaves. */
import type { Delivery } from '@cartledger/events';
import { expect } from 'vitest';
import { z } from 'zod';
import { expectLedger, expectRollups, rowsOf } from './aggregator-expect.ts';
import type { World } from './aggregator-world.ts';

/** Everything of the tenth of January has long been closed. */
export const NOW = Date.parse('2027-03-01T00:00:00Z');
export const DAY = '2027-01-10';
export const MINUTES_A_DAY = 1_440;
export const FUNNEL = 'funnel visitor/ordered/604800000 stages';

export const restatingIn = (world: World) => {
  const linesOf = async (
    store_id: string,
    { clickhouse }: Pick<World, 'clickhouse'> = world,
  ): Promise<Record<string, string>> => {
    const rows = await clickhouse.query(
      {
        name: 'test.restatements',
        sql: `SELECT toString(day) AS day, figure, \`from\` AS was, \`to\` AS is, cause FROM restatements FINAL
        WHERE store_id = {store_id:String}`,
        params: z.object({ store_id: z.string() }),
        row: z.object({ day: z.string(), figure: z.string(), was: z.string(), is: z.string(), cause: z.string() }),
      },
      { store_id },
    );
    return Object.fromEntries(
      rows.map(({ day, figure, was, is, cause }) => [`${day} ${figure}`, `${was} -> ${is} ${cause}`]),
    );
  };

  /** Takes in what came in time, then what came late; answers the lines that the latter leaves. */
  const restate = async (
    store_id: string,
    inTime: readonly Delivery[],
    late: readonly Delivery[],
    changed: Parameters<typeof world.createStore>[1] = {},
  ) => {
    const { definition } = await world.createStore(store_id, changed);
    await using aggregator = world.aggregator();
    for (const part of [inTime, late]) {
      await world.deliver(part.map((delivery) => ({ ...delivery, store_id })));
      expect(await aggregator.runOnce()).toBe('done');
      if (part === inTime) expect(await linesOf(store_id)).toEqual({});
    }
    await aggregator.stop();
    const all = [...inTime, ...late].map((delivery) => ({ ...delivery, store_id }));
    await expectLedger(world, store_id, rowsOf(all, definition));
    await expectRollups(world, store_id);
    return linesOf(store_id);
  };

  return { linesOf, restate };
};
export type Restating = ReturnType<typeof restatingIn>;
