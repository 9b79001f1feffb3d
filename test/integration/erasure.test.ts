/** A visitor or a customer is erased, and is as if there had never been one: in every table, report, letter and replay. */
import { createHasher } from '@cartledger/events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { amounts, bad, device, event, FROM, items, MINUTE, others, START, secret, TO } from './erasure-events.ts';
import { DAY_MS, type ErasureWorld, startErasureWorld } from './erasure-world.ts';
import { eventually } from './until.ts';

const hasher = await createHasher();

describe.each(['embedded', 'kafka'] as const)('erased over the %s log', (driver) => {
  let world: ErasureWorld;
  beforeEach(async () => {
    world = await startErasureWorld(driver, ['shop', 'twin', 'other']);
  });
  afterEach(() => world?.[Symbol.asyncDispose]());

  const sameAsTwin = async (): Promise<void> => {
    const at = Date.now();
    expect(await world.figures('shop', FROM, TO, at)).toBe(await world.figures('twin', FROM, TO, at));
  };
  const audit = async () => (await world.ask('GET', '/audit')).body;

  test('a visitor is gone from tables, reports and letters, however often the log is read again, and comes back as somebody new', async () => {
    await world.startIngest();
    await world.produce([...others('shop'), ...others('twin'), ...secret('shop'), ...secret('other'), ...bad('shop')]);
    await world.settled();
    expect(await world.tablesWith('secret')).toEqual(expect.arrayContaining(['events', 'ledger_rows', 'ledger_keys']));
    const before = await world.figures('other', FROM, TO, START + 19 * DAY_MS);

    const subject = { store_id: 'shop', visitor_id: 'secret-alice' };
    const preview = (await world.ask('POST', '/erasures/preview', subject)).body;
    expect(preview).toMatchObject({ visitors: 1, events: 6, orders: 1, carts: 2, dead_letters: 1, other_customers: 1 });
    expect(JSON.stringify(preview)).not.toContain('secret');

    const receipt = await world.erase(subject);
    expect(receipt).toMatchObject({ state: 'done', erased: preview });
    expect(receipt.visitor_hashes).toEqual([hasher.visitorNode('secret-alice').toString(16).padStart(16, '0')]);
    expect(JSON.stringify(receipt)).not.toContain('secret');
    expect(receipt.copies.map(({ topic }) => topic)).toEqual([world.topics.topic, world.topics.deadLettersTopic]);
    for (const { gone_by, warning } of receipt.copies) {
      expect(warning).toBeNull();
      expect(Date.parse(gone_by ?? '')).toBeGreaterThan(Date.now() + 6 * DAY_MS);
    }
    await world.settled();
    const left = `WHERE store_id = 'shop' AND toString(tuple(*)) LIKE '%secret%'`;
    for (const table of await world.tablesWith('secret'))
      expect(await world.count(`SELECT count() AS n FROM ${table} ${left}`), table).toBe(0);
    const node = hasher.visitorNode('secret-alice');
    expect(
      await world.count(
        `SELECT count() AS n FROM links WHERE store_id = 'shop' AND (node = ${node} OR neighbor = ${node})`,
      ),
    ).toBe(0);
    await sameAsTwin();
    // The same name in another store is another visitor.
    expect(await world.figures('other', FROM, TO, START + 19 * DAY_MS)).toBe(before);
    expect(await world.restatements('other')).toEqual([]);
    const moved = await world.restatements('shop');
    expect(moved.map(({ figure }) => figure)).toContain('revenue EUR orders.count');
    expect(new Set(moved.map(({ cause }) => cause))).toEqual(new Set(['erasure']));

    // Dead letters of the visitor are neither shown nor replayed; those of others are.
    const letters = (await world.ask('GET', '/dead-letters')).body;
    expect(letters).toMatchObject({ total: 2, reasons: [{ open: 1, erased: 1 }] });
    const [gone] = JSON.parse(JSON.stringify(letters)).letters.filter(
      ({ state }: { state: string }) => state === 'erased',
    );
    const shown = await world.ask('GET', `/dead-letters/letter?id=${encodeURIComponent(gone.id)}`);
    expect(shown).toMatchObject({ status: 404, body: { error: { code: 'letter_erased' } } });
    expect((await world.ask('POST', '/dead-letters/replays', { ids: [gone.id] })).body).toEqual({ replay: null });
    expect(await audit()).toMatchObject({ clean: true, findings: [] });

    // Sent again, read again from the start, late, imported: nothing of it comes back.
    await world.produce(secret('shop'));
    await world.produce(bad('shop'));
    await world.produce([event('late', 'visit', 7, { store_id: 'shop', visitor_id: 'secret-alice' }, Date.now())]);
    expect((await world.ask('POST', '/rewind', { to: 'earliest' })).status).toBe(202);
    await eventually(async () =>
      JSON.stringify((await world.ask('GET', '/rewind')).body).includes('"done":true,"partitions"'),
    );
    await world.settled();
    expect(await world.count(`SELECT count() AS n FROM events ${left}`)).toBe(0);
    await sameAsTwin();
    const looked = (await world.ask('GET', '/dead-letters')).body;
    expect(looked).toMatchObject({ total: 3, reasons: [{ open: 2, erased: 1 }] });
    const report = JSON.parse(JSON.stringify(await audit()));
    expect(report).toMatchObject({ clean: true, findings: [] });
    const erased = report.partitions.reduce((sum: number, { erased: n }: { erased: number }) => sum + n, 0);
    expect(erased).toBeGreaterThanOrEqual(6 + 6 + 1 + 1);

    // What the visitor does from now on is of somebody new.
    const minutes = (Date.now() - START) / MINUTE;
    for (const [store_id, visitor_id] of [
      ['shop', 'secret-alice'],
      ['twin', 'newcomer'],
    ] as const) {
      const of = { store_id, visitor_id };
      const cart_id = 'new-cart';
      await world.produce([
        event('n1', 'add_to_cart', Math.ceil(minutes), { ...of, cart_id, items }, Math.ceil(minutes) * MINUTE + START),
        event(
          'n2',
          'purchase',
          Math.ceil(minutes) + 1,
          { ...of, cart_id, items, order_id: 'new-order', amounts },
          (Math.ceil(minutes) + 1) * MINUTE + START,
        ),
      ]);
    }
    await world.settled();
    expect(
      await world.count(
        "SELECT count() AS n FROM events FINAL WHERE store_id = 'shop' AND visitor_id = 'secret-alice'",
      ),
    ).toBe(2);
    const at = Date.now() + 5 * MINUTE;
    const [shop, twin] = [await world.figures('shop', FROM, TO, at), await world.figures('twin', FROM, TO, at)];
    expect(shop.replaceAll('secret-alice', 'newcomer')).toBe(twin);

    // Erased once more, the new ones go as well: though they are dated ahead.
    expect(await world.erase(subject)).toMatchObject({ state: 'done', erased: { events: 2 } });
    expect(await world.count(`SELECT count() AS n FROM events ${left}`)).toBe(0);
  });

  test('a customer is gone with every visitor whose events name the customer; done twice it comes to the same', async () => {
    await world.startIngest();
    await world.produce([...others('shop'), ...others('twin'), ...secret('shop'), ...device('shop')]);
    await world.settled();
    const subject = { store_id: 'shop', customer_id: 'secret-customer' };
    const receipt = await world.erase(subject);
    expect(receipt).toMatchObject({ erased: { visitors: 2, events: 8, other_customers: 0 } });
    await world.settled();
    expect(await world.tablesWith('secret')).toEqual([]);
    await sameAsTwin();
    const again = await world.erase(subject);
    expect(again.erasure).toBe(receipt.erasure + 1);
    expect(again).toMatchObject({ state: 'done', erased: { visitors: 0, events: 0 } });

    // A visitor of whom it was not known: what names the customer stays out, whoever sent it.
    await world.produce([
      event('x', 'visit', 60, { store_id: 'shop', visitor_id: 'unknown', customer_id: 'secret-customer' }),
    ]);
    await world.settled();
    await sameAsTwin();
    expect(await world.ask('POST', '/erasures', { store_id: 'none', visitor_id: 'v' })).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_store' } },
    });
    expect((await world.ask('POST', '/erasures', { store_id: 'shop' })).status).toBe(400);
  });

  test('rows of erased visitors that were brought back behind everybody’s back go again within a day', async () => {
    await world.startIngest();
    await world.produce([...others('shop'), ...others('twin'), ...secret('shop')]);
    await world.settled();
    await world.erase({ store_id: 'shop', customer_id: 'secret-customer' });
    await world.settled();
    for (const [visitor_id, customer_id] of [
      ['secret-alice', ''],
      ['unknown', 'secret-customer'],
    ] as const)
      await world.clickhouse.command(
        `INSERT INTO events SELECT * REPLACE ('${visitor_id}' AS visitor_id, ${hasher.visitorNode(visitor_id)} AS visitor_hash,
           '${customer_id}' AS customer_id) FROM events WHERE store_id = 'shop' AND visitor_id = 'bob'`,
      );
    await world.nextDay();
    expect(await world.tablesWith('secret')).toEqual([]);
    expect(await world.tablesWith('unknown')).toEqual([]);
    const at = Date.now() + 2 * DAY_MS;
    expect(await world.figures('shop', FROM, TO, at)).toBe(await world.figures('twin', FROM, TO, at));
  });

  test('killed at every step, before and after what it did, it comes to the same when it is gone on with', async () => {
    await world.startIngest();
    await world.produce([...others('shop'), ...others('twin'), ...secret('shop'), ...device('shop'), ...bad('shop')]);
    await world.settled();
    const subject = { store_id: 'shop', customer_id: 'secret-customer' };
    let id: number | undefined;
    let failures = 0;
    const seen = new Map<string, number>();
    /** The first time each call is not made, the second time its answer is lost. */
    const faulty = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      if (times > 1) return work();
      failures += 1;
      if (times === 1) await work();
      throw new Error(`killed ${times === 0 ? 'before' : 'after'} ${name}`);
    };
    const { clickhouse, control } = world;
    const { erasures } = control;
    const kill = () =>
      world.routes({
        clickhouse: {
          ...clickhouse,
          query: (query, params) => faulty(query.name, () => clickhouse.query(query, params)),
          command: (sql, params) => faulty(sql.slice(0, 30), () => clickhouse.command(sql, params)),
          insertNative: (table, columns, data) =>
            faulty(`insert into ${table}`, () => clickhouse.insertNative(table, columns, data)),
        },
        control: {
          ...control,
          erasures: {
            ...erasures,
            begin: (asked) => faulty('begin', () => erasures.begin(asked)),
            bury: (of, visitors) => faulty('bury', () => erasures.bury(of, visitors)),
            change: (read, change) =>
              faulty(`change ${JSON.stringify(change.document).slice(0, 22)}`, () => erasures.change(read, change)),
          },
        },
      });
    let state = '';
    await eventually(
      async () => {
        const step = kill()('POST', '/erasures', id === undefined ? subject : { erasure: id });
        while ((await world.aggregator.runOnce()) === 'more');
        const { status, body } = await step;
        if (status !== 200) return false;
        const told = world.told(body);
        id = told.erasure;
        state = told.state;
        return told.ended_at !== null;
      },
      () => ({ state, seen: Object.fromEntries(seen) }),
    );
    expect(failures).toBeGreaterThan(30);
    const { erasures: all } = JSON.parse(JSON.stringify((await world.ask('GET', '/erasures')).body));
    expect(all).toMatchObject([{ erased: { visitors: 2, events: 8, dead_letters: 1 }, state: 'done' }]);
    await world.settled();
    expect(await world.tablesWith('secret')).toEqual([]);
    await sameAsTwin();
    expect(await audit()).toMatchObject({ clean: true });
    const moved = await world.restatements('shop');
    expect(new Set(moved.map(({ cause }) => cause))).toEqual(new Set(['erasure']));
  });
});
