/** The table of events is rebuilt from the log: what was wrong is right, and nothing else is otherwise. */
import { fileURLToPath } from 'node:url';
import { migrate } from '@cartledger/clickhouse';
import { ORDER_DRAIN, RESUME, SET_ASIDE, SHOW_DRAIN } from '@cartledger/operations';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BackfillWorld, buyers, createFaults, startBackfillWorld } from './backfill-world.ts';
import { DAY_MS } from './erasure-world.ts';
import { badEvent } from './ingest-events.ts';
import { eventually } from './until.ts';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse/', import.meta.url));

describe.each(['embedded', 'kafka'] as const)('a backfill over the %s log', (driver) => {
  let world: BackfillWorld;
  beforeEach(async () => {
    world = await startBackfillWorld(driver);
  });
  afterEach(() => world?.[Symbol.asyncDispose]());

  /** What is the same whatever the log is. */
  const ofOne = test.runIf(driver === 'embedded');

  test('rows deleted by hand come back, what was corrupted is right, what never was goes, and reports follow', async () => {
    const said = await world.damagedShop();
    const before = await world.touches();
    const letters = (await world.ask('GET', '/dead-letters')).body;
    const counted = await world.counted();
    const done = await world.backfill();
    expect(done).toMatchObject({ state: 'done', new_letters: 0, copied: 0, left_out: 1, told: 5 });
    expect(done.compared).toMatchObject({ added: 6, removed: 1, changed: 6 });
    expect(new Set(done.compared?.months.map(({ store_id }) => store_id))).toEqual(new Set(['shop']));
    expect(await world.said()).toEqual(said);
    // Nothing is counted or dead-lettered a second time, and nobody is told but those whose events differ.
    expect(await world.counted()).toEqual(counted);
    expect((await world.ask('GET', '/dead-letters')).body).toEqual(letters);
    expect((await world.touches()) - before).toBe(5);
    await world.settled();
    await world.sameAsTwin();
    expect(await world.isClean()).toBe(true);

    // The former table stands until it is dropped; migrations and views go on with the rebuilt one.
    expect(await world.tables()).toEqual(['events', done.old_table]);
    await migrate(world.clickhouse, MIGRATIONS, { analyticsDatabase: `${world.database}_analytics` });
    expect(
      await world.count(`SELECT count() AS n FROM ${world.database}_analytics.events WHERE store_id = 'shop'`),
    ).toBe(said.length);
    expect(await world.order({ drop_old: done.backfill })).toMatchObject({ old_table: null });
    expect(await world.tables()).toEqual(['events']);
    await world.produce(buyers(60, 70));
    await world.settled();
    await world.sameAsTwin();
    expect(await world.isClean()).toBe(true);
    expect(await world.backfill()).toMatchObject({ backfill: 2, state: 'unchanged', paused_seconds: null });
    expect(await world.tables()).toEqual(['events']);
  });

  test('while events come all the time nothing is lost or there twice', async () => {
    await world.damagedShop();
    let next = 60;
    const over = new AbortController();
    const sending = (async () => {
      while (!over.signal.aborted) {
        await world.produce(buyers(next, next + 2));
        next += 2;
      }
    })();
    const done = await world.backfill();
    await eventually(async () => next > 100);
    over.abort();
    await sending;
    expect(done).toMatchObject({ state: 'done' });
    expect(done.partitions.some(({ end_offset }) => end_offset > 250)).toBe(true);
    await world.settled();
    expect(await world.isClean()).toBe(true);
    await world.sameAsTwin();
    expect(await world.kept()).toMatchObject({ events: buyers(0, next).length });
  });

  test('killed before and after each of its steps it comes to the same when it is gone on with', async () => {
    const said = await world.damagedShop();
    const faults = createFaults();
    const { clickhouse, control } = world;
    const { state } = control;
    let asked: object = {};
    let latest = '';
    const kill = () =>
      world.routes({
        clickhouse: faults.clickhouse(clickhouse),
        control: {
          ...control,
          state: {
            ...state,
            set: (name, value) =>
              faults.faulty(`set ${name.slice(0, 12)} ${value === null}`, () => state.set(name, value)),
            setUnder: (lease, name, value) => {
              const found = /"state":"\w+"/.exec(JSON.stringify(value))?.[0] ?? '';
              return faults.faulty(`store ${found}`, () => state.setUnder(lease, name, value));
            },
          },
        },
      });
    let sent = 60;
    await eventually(
      async () => {
        await world.produce(buyers(sent, sent + 1));
        sent += 1;
        const { status, body } = await kill()('POST', '/backfills', asked);
        if (status !== 200) return false;
        const told = JSON.parse(JSON.stringify(body));
        latest = told.state;
        asked = { backfill: told.backfill };
        return told.ended_at !== null;
      },
      () => ({ latest, seen: Object.fromEntries(faults.seen) }),
    );
    expect(latest).toBe('done');
    expect(faults.failures).toBeGreaterThan(40);
    for (const [name, times] of faults.seen) expect([name, times > 1]).toEqual([name, true]);
    expect((await world.ask('GET', SHOW_DRAIN.path)).body).toMatchObject({ ordered: false });
    await world.settled();
    expect((await world.said()).length).toBe(buyers(0, sent).length / 2);
    expect(await world.said()).toEqual(expect.arrayContaining(said));
    expect(await world.isClean()).toBe(true);
    await world.sameAsTwin();
    expect(await world.tables()).toHaveLength(2);
  });

  ofOne(
    'whoever is erased, before or while it is under way, does not come back, nor stays in the former table',
    async () => {
      await world.damagedShop();
      await world.erase({ store_id: 'shop', visitor_id: 'v20' });
      await world.erase({ store_id: 'twin', visitor_id: 'v20' });
      const begun = await world.follow(await world.order({ dry_run: true }));
      expect(begun.state).toBe('compared');
      expect(await world.count(`SELECT count() AS n FROM ${begun.table} WHERE visitor_id = 'v20'`)).toBe(0);
      await world.erase({ store_id: 'shop', customer_id: 'customer-24' });
      await world.erase({ store_id: 'twin', customer_id: 'customer-24' });
      const done = await world.backfill();
      expect(done.state).toBe('done');
      await world.erase({ store_id: 'shop', visitor_id: 'v28' });
      await world.erase({ store_id: 'twin', visitor_id: 'v28' });
      for (const table of await world.tables())
        expect(
          await world.count(`SELECT count() AS n FROM ${table} WHERE visitor_id IN ('v20', 'v24', 'v28')`),
          table,
        ).toBe(0);
      await world.settled();
      await world.sameAsTwin();
      expect(await world.isClean()).toBe(true);
    },
  );

  ofOne('what the log does not have is copied: removed by retention, of another topic, or set aside', async () => {
    await world.startIngest();
    await world.produce(buyers(0, 40));
    await world.settled();
    for (const { partition } of await world.log.offsets(world.topics.topic)) await world.truncate(partition, 60n);
    const [range] = (await world.log.offsets(world.topics.topic)).filter(({ partition }) => partition === 1);
    const last = Number(range?.end ?? 0n) - 1;
    const aside = { partition: 1, first_offset: last - 9, last_offset: last, reason: 'nobody can read it' };
    expect((await world.ask(SET_ASIDE.method, SET_ASIDE.path, aside)).status).toBe(201);
    await world.clickhouse.command(
      `INSERT INTO events SELECT * REPLACE ('elsewhere' AS log_epoch, 'old' AS event_id, 7 AS event_hash)
       FROM events FINAL WHERE visitor_id = 'v3' AND type = 'visit'`,
    );
    const said = await world.said();
    await world.produce(buyers(40, 50));
    await world.settled();
    await world.clickhouse.command(
      `ALTER TABLE events UPDATE cart_id = 'nonsense' WHERE log_epoch != 'elsewhere' AND log_partition = 0 AND log_offset >= 60
       AND cart_id != '' SETTINGS mutations_sync = 1`,
    );
    const done = await world.backfill();
    expect(done.compared).toMatchObject({ added: 0, removed: 0 });
    expect(done.copied).toBeGreaterThanOrEqual(122);
    expect(await world.said()).toEqual(expect.arrayContaining(said));
    await world.settled();
  });

  ofOne('the verdict on a record is not taken back: letters stay letters, and what was taken in stays in', async () => {
    await world.startIngest();
    const stranger = (n: number) =>
      buyers(n, n + 1).map(({ value, ...rest }) => ({
        ...rest,
        key: `later:v${n}`,
        value: Buffer.from(String(value).replaceAll('"shop"', '"later"')),
      }));
    await world.produce([...buyers(0, 20), ...stranger(3)]);
    await world.settle();
    expect((await world.ask('GET', '/dead-letters')).body).toMatchObject({ total: 2 });
    await world.control.stores.create('later');
    // Of what was taken in, the rules of today would refuse all.
    await world.control.stores.define('twin', { max_age_days: 1 }, null);
    const said = await world.said('twin');
    await world.damage();
    const done = await world.backfill();
    expect(done).toMatchObject({ state: 'done', new_letters: 0 });
    expect(await world.said('later')).toEqual([]);
    expect(await world.said('twin')).toEqual(said);
    expect((await world.ask('GET', '/dead-letters')).body).toMatchObject({ total: 2 });
    expect(await world.isClean()).toBe(true);
  });

  ofOne('who is still heard of keeps old events, though their store keeps no others of that age', async () => {
    await world.startIngest();
    const [recent] = buyers(29, 30).filter(({ key }) => key.startsWith('shop'));
    if (recent === undefined) throw new Error('nobody is heard of');
    // v2 came at the beginning and comes again; v1, who came then too, is removed.
    const again = { ...recent, key: 'shop:v2', value: Buffer.from(String(recent.value).replaceAll('"v29"', '"v2"')) };
    await world.produce([...buyers(0, 30), again]);
    await world.settled();
    await world.control.stores.define('shop', { max_age_days: 5, retention_days: 20 }, null);
    await world.clickhouse.command(
      "ALTER TABLE events DELETE WHERE store_id = 'shop' AND visitor_id = 'v1' SETTINGS mutations_sync = 1",
    );
    const said = await world.said();
    await world.clickhouse.command("DELETE FROM events WHERE store_id = 'shop' AND visitor_id = 'v28'");
    const done = await world.backfill();
    expect(done.compared).toMatchObject({ removed: 0, changed: 0 });
    expect(done).toMatchObject({ state: 'done', left_out: 2 });
    expect(await world.said()).toEqual(said);
  });

  ofOne('what is brought back of records before its beginning, since it compared, is not lost', async () => {
    await world.startIngest();
    await world.produce(buyers(0, 20));
    await world.settled();
    const said = await world.said();
    const saved = "WHERE store_id = 'shop' AND visitor_id = 'v4'";
    await world.clickhouse.command(`CREATE TABLE saved ENGINE = Memory AS SELECT * FROM events ${saved}`);
    await world.clickhouse.command(`DELETE FROM events ${saved}`);
    // All records are older: the whole table is copied.
    const looked = await world.backfill({ dry_run: true, since: new Date(Date.now() + DAY_MS).toISOString() });
    expect(looked).toMatchObject({ state: 'compared', records: 0 });
    expect(looked.copied).toBeGreaterThan(said.length);
    // As a rewind does.
    await world.clickhouse.command('INSERT INTO events SELECT * FROM saved');
    await world.produce([badEvent(1), ...buyers(0, 1)]);
    await world.settle();
    expect(await world.backfill()).toMatchObject({ state: 'unchanged' });
    expect(await world.said()).toEqual(said);
  });

  ofOne('a dry run changes nothing, and is the first half of what follows; it can be given up', async () => {
    await world.damagedShop();
    const before = await world.said();
    const looked = await world.backfill({ dry_run: true });
    expect(looked).toMatchObject({ state: 'compared', ended_at: null, compared: { added: 6, removed: 1, changed: 6 } });
    expect(await world.said()).toEqual(before);
    expect((await world.refused({ since: new Date().toISOString() })).text).toContain('leave the time out');
    expect(await world.order({ cancel: looked.backfill })).toMatchObject({ state: 'cancelled' });
    expect(await world.tables()).toEqual(['events']);

    const again = await world.backfill({ dry_run: true });
    expect(again.backfill).toBe(2);
    await world.produce(buyers(60, 62));
    await world.settle();
    const done = await world.backfill();
    expect(done).toMatchObject({ backfill: 2, state: 'done', compared: { added: 6, removed: 1, changed: 6 } });
    expect((await world.refused({ cancel: 7 })).status).toBe(404);
    await world.settled();
    await world.sameAsTwin();
  });

  ofOne(
    'an operator’s own order to drain stands afterwards, and one that is taken back in the middle is given anew',
    async () => {
      const said = await world.damagedShop();
      await world.ask(ORDER_DRAIN.method, ORDER_DRAIN.path);
      const done = await world.backfill();
      expect(done).toMatchObject({ state: 'done' });
      expect((await world.ask('GET', SHOW_DRAIN.path)).body).toMatchObject({ ordered: true });
      expect(await world.said()).toEqual(said);
      await world.ask(RESUME.method, RESUME.path);

      await world.damage();
      let hindered = 0;
      const hinder = world.routes({
        clickhouse: {
          ...world.clickhouse,
          command: async (sql, params) => {
            if (!sql.startsWith('EXCHANGE') || hindered > 0) return world.clickhouse.command(sql, params);
            hindered += 1;
            await world.ask(RESUME.method, RESUME.path);
            await world.produce(buyers(60, 80));
            await world.settle();
            throw new Error('not exchanged');
          },
        },
      });
      const begun = await world.order({});
      await eventually(async () => (await hinder('POST', '/backfills', { backfill: begun.backfill })).status !== 200);
      expect(await world.follow(begun)).toMatchObject({ state: 'done' });
      expect((await world.said()).length).toBe(buyers(0, 80).length / 2);
      expect((await world.ask('GET', SHOW_DRAIN.path)).body).toMatchObject({ ordered: false });
      expect(await world.isClean()).toBe(true);
    },
  );
});
