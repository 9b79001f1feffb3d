/** What others do while the table of events is rebuilt: rewinds, erasures, and who drops the wrong table. */
import { SHOW_DRAIN } from '@cartledger/operations';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BackfillWorld, startBackfillWorld } from './backfill-world.ts';
import { eventually } from './until.ts';

let world: BackfillWorld;
beforeEach(async () => {
  world = await startBackfillWorld('embedded');
});
afterEach(() => world?.[Symbol.asyncDispose]());

test('no rewind is begun while a backfill is under way, nor a backfill while a rewind is', async () => {
  await world.damagedShop();
  const begun = await world.order({});
  const rewind = () => world.ask('POST', '/rewind', { to: 'earliest' });
  const refused = await rewind();
  expect(refused.status).toBe(409);
  expect(JSON.stringify(refused.body)).toContain('backfill_under_way');
  await world.order({ cancel: begun.backfill });
  expect((await rewind()).status).toBe(202);
  expect((await world.refused({})).text).toContain('rewind');
  await eventually(async () => (await world.ask('POST', '/backfills', { dry_run: true })).status === 200);
  expect(await world.backfill()).toMatchObject({ state: 'done', compared: { added: 0, removed: 1 } });
});

test('what a copy brings back of whoever is erased meanwhile goes before and after the exchange', async () => {
  await world.damagedShop();
  const gone = "visitor_id IN ('v16', 'v20')";
  await world.clickhouse.command(`CREATE TABLE saved ENGINE = Memory AS SELECT * FROM events WHERE ${gone}`);
  for (const store_id of ['shop', 'twin'])
    for (const visitor_id of ['v16', 'v20']) await world.erase({ store_id, visitor_id });
  // As copies that read before a deletion and land behind it: one into the rebuilt table, one out of the former.
  let [early, late] = [0, 0];
  const { clickhouse, control } = world;
  const landing = world.routes({
    control: {
      ...control,
      state: {
        ...control.state,
        set: async (name, value) => {
          if (name.startsWith('ingest.drain/') && early++ === 0)
            await clickhouse.command(`INSERT INTO ${(await world.latest()).table} SELECT * FROM saved`);
          return control.state.set(name, value);
        },
      },
    },
    clickhouse: {
      ...clickhouse,
      command: async (sql, params) => {
        if (sql.startsWith('EXCHANGE')) {
          const { table } = await world.latest();
          expect(await world.count(`SELECT count() AS n FROM ${table} WHERE ${gone}`)).toBe(0);
        }
        await clickhouse.command(sql, params);
        if (sql.startsWith('INSERT INTO `events` ') && late++ === 0)
          await clickhouse.command("INSERT INTO events SELECT * FROM saved WHERE visitor_id = 'v20'");
      },
    },
  });
  const begun = await world.order({});
  await eventually(async () => {
    const { body } = await landing('POST', '/backfills', { backfill: begun.backfill });
    return JSON.stringify(body).includes('"state":"done"');
  });
  expect(early).toBeGreaterThan(0);
  expect(late).toBeGreaterThan(0);
  for (const table of await world.tables())
    expect(await world.count(`SELECT count() AS n FROM ${table} WHERE ${gone}`), table).toBe(0);
});

test('a former table that is dropped too early ends the backfill with a receipt that says so', async () => {
  const said = await world.damagedShop();
  // Whoever was cancelling, and stood still, drops what has the name of the rebuilt table by now.
  const dropping = world.routes({
    clickhouse: {
      ...world.clickhouse,
      command: async (sql, params) => {
        if (!sql.startsWith('RENAME')) return world.clickhouse.command(sql, params);
        await world.clickhouse.command(`DROP TABLE ${(await world.latest()).table} SYNC`);
        return world.clickhouse.command(sql, params);
      },
    },
  });
  const begun = await world.order({});
  await eventually(async () => (await dropping('POST', '/backfills', { backfill: begun.backfill })).status !== 200);
  const done = await world.follow(begun);
  expect(done).toMatchObject({ state: 'done', former_lost: true, old_table: null });
  expect(await world.said()).toEqual(said);
  expect(await world.tables()).toEqual(['events']);
  expect((await world.ask('GET', SHOW_DRAIN.path)).body).toMatchObject({ ordered: false });
  expect(await world.isClean()).toBe(true);
});
