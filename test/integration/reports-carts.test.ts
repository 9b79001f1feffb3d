import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const JANUARY = { from: '2027-01-01', to: '2027-01-31' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

test('times to abandonment and recovery, what was removed, where carts were left and who can be written to', async () => {
  await world.createStore('details');
  await world.take('details', [
    // a: 30 euros at most, 20 left; abandoned an hour after 10:20, so 80 minutes after its opening.
    at('2027-01-05T10:00:00', 'add_to_cart', {
      visitor_id: 'a',
      customer_id: 'k',
      items: [item('A', 1_000, 3)],
      page: { path: '/a' },
    }),
    at('2027-01-05T10:20:00', 'remove_from_cart', {
      visitor_id: 'a',
      items: [item('A', 1_000)],
      page: { path: '/cart' },
    }),
    // b: abandoned after 60 minutes; nobody knows who it is.
    at('2027-01-06T10:00:00', 'add_to_cart', { visitor_id: 'b', items: [item('B', 2_500)], page: { path: '/b' } }),
    // c: abandoned after 60 minutes, ordered 2 hours after that.
    at('2027-01-07T10:00:00', 'add_to_cart', { visitor_id: 'c', items: [item('B', 700)] }),
    at('2027-01-07T13:00:00', 'purchase', {
      visitor_id: 'c',
      order_id: 'o1',
      source: 'browser',
      amounts: { total: 700 },
    }),
    // d: emptied, what it last held counts; e: bought at once.
    at('2027-01-08T10:00:00', 'add_to_cart', { visitor_id: 'd', items: [item('B', 400)] }),
    at('2027-01-08T10:05:00', 'remove_from_cart', { visitor_id: 'd', items: [item('B', 400)] }),
    at('2027-01-09T10:00:00', 'add_to_cart', { visitor_id: 'e', items: [item('B', 50)] }),
    at('2027-01-09T10:01:00', 'purchase', {
      visitor_id: 'e',
      order_id: 'o2',
      source: 'browser',
      amounts: { total: 50 },
    }),
  ]);
  const report = await world.reports.abandonment(await world.query('details', JANUARY));
  expect(report.carts).toMatchObject({ created: 5, lost: 2, recovered: 1, emptied: 1, purchased: 1 });
  expect(report.times).toEqual({
    median_ms_to_abandonment: HOUR,
    p90_ms_to_abandonment: 80 * MINUTE,
    median_ms_to_recovery: 2 * HOUR,
    p90_ms_to_recovery: 2 * HOUR,
  });
  expect(report.contactable).toEqual({ carts: 1, value: { EUR: 2_000n } });
  expect(report.peak_value).toEqual({ EUR: 6_650n });
  expect(report.removed).toEqual({ EUR: 1_000n });
  expect(report.last_pages).toEqual([
    { page: '/b', carts: 1, value: { EUR: 2_500n } },
    { page: '/cart', carts: 1, value: { EUR: 2_000n } },
  ]);
  expect(report.last_products).toEqual([
    { product_id: 'B', carts: 1, value: { EUR: 2_500n } },
    { product_id: 'A', carts: 1, value: { EUR: 2_000n } },
  ]);
});

test('a cart without a price counts, and has no value', async () => {
  await world.createStore('unpriced');
  const bare = { product_id: 'A', quantity: 1 };
  await world.take('unpriced', [at('2027-01-05', 'add_to_cart', { visitor_id: 'a', items: [bare] })]);
  const report = await world.reports.abandonment(await world.query('unpriced', JANUARY));
  expect(report.points).toEqual([{ stage: 'cart', carts: 1, value: {} }]);
  expect(report.last_pages).toEqual([{ page: '', carts: 1, value: {} }]);
  expect(report.contactable).toEqual({ carts: 0, value: {} });
});

test('a day of carts is open until the recovery window of the last one not ordered is over', async () => {
  await world.createStore('open');
  await world.take('open', [
    at('2027-02-20T10:00:00', 'add_to_cart', { visitor_id: 'a', items: [item('A', 1_000)] }),
    at('2027-02-21T22:00:00', 'add_to_cart', { visitor_id: 'b', items: [item('A', 1_000)] }),
    at('2027-02-21T23:30:00', 'add_to_cart', { visitor_id: 'c', items: [item('A', 1_000)] }),
  ]);
  const asked = await world.query('open', { from: '2027-02-15', to: '2027-02-25' });
  const openFrom = async (as_of: string) =>
    (await world.reports.abandonment({ ...asked, as_of: Date.parse(as_of) })).open_from;
  // 7 days and an hour after each last activity; a day that has not ended is open, too.
  expect(await openFrom('2027-02-22T12:00:00Z')).toBe('2027-02-20');
  expect(await openFrom('2027-02-27T10:59:59Z')).toBe('2027-02-20');
  expect(await openFrom('2027-02-27T11:00:00Z')).toBe('2027-02-21');
  expect(await openFrom('2027-03-01T00:29:59Z')).toBe('2027-02-21');
  expect(await openFrom('2027-03-01T00:30:00Z')).toBeNull();
});

test("a product's name is the one that the cart opened last gave it, of carts opened at one instant the last by key", async () => {
  await world.createStore('names');
  const named = (time: string, cart_id: string, name: string) =>
    at(time, 'add_to_cart', { visitor_id: cart_id, cart_id, items: [{ ...item('A', 100), name }] });
  await world.take('names', [
    named('2027-01-06T10:00:00', 'c3', 'Before'),
    named('2027-01-07T10:00:00', 'c1', 'One'),
    named('2027-01-07T10:00:00', 'c2', 'Two'),
  ]);
  const report = await world.reports.abandonment(await world.query('names', JANUARY));
  expect(report.products).toEqual([
    { product_id: 'A', name: 'Two', carts: 3, left: 3, bought: 0, value_left: { EUR: 300n } },
  ]);
});
