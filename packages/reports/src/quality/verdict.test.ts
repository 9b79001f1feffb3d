import { readFileSync } from 'node:fs';
import type { QualityDay } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { qualityDays } from './days.ts';
import { MIN_POOR_CASES, THRESHOLDS } from './thresholds.ts';
import { verdictOf } from './verdict.ts';
import { percent } from './words.ts';

const DEFINITIONS = readFileSync(new URL('../../../../docs/definitions.md', import.meta.url), 'utf8');

const [EMPTY] = qualityDays([{ day: '2026-03-01', start: 0 }], () => '2026-03-01', {
  intake: [{ start: 0, measure: 'none', total: 0, largest: 0 }],
  kept: [],
  conflicts: [],
  orders: [],
  carts: [],
  bots: [],
  rejections: [],
});
if (!EMPTY) throw new Error('a day with something is listed');

/** A day of 10,000 deliveries, events and so on, with what is given. */
const dayWith = (over: Partial<QualityDay>): QualityDay => ({
  ...EMPTY,
  deliveries: 10_000,
  events: 10_000,
  orders: 10_000,
  carts: 10_000,
  unexplained_share: 0,
  ...over,
});
const verdict = (over: Partial<QualityDay>) => verdictOf([dayWith(over)], true);

test('a day without a fault is good, and says so', () => {
  expect(verdict({})).toEqual({
    level: 'good',
    sentences: ['Nothing was found that makes the numbers of these days wrong.'],
  });
});

test('days on which nothing came in are poor', () => {
  const { level, sentences } = verdictOf([], false);
  expect(level).toBe('poor');
  expect(sentences).toEqual([expect.stringContaining('Nothing came in on these days')]);
});

/** How `n` cases of it look in a day. */
const FAULTS: Readonly<Record<Exclude<keyof typeof THRESHOLDS, 'duplicates'>, (n: number) => Partial<QualityDay>>> = {
  // Of what was sent: the accepted ones make up the rest.
  rejected: (n) => ({ rejected: [{ code: 'bad_id', count: n }], deliveries: 10_000 - n }),
  without_cart: (n) => ({ orders_without_cart: [{ reason: 'no_add_seen', orders: n }] }),
  unexplained: (n) => ({ unexplained_share: n / 10_000 }),
  no_earlier_event: (n) => ({ purchases_without_earlier_event: n }),
  unpriced: (n) => ({ unpriced_carts: n }),
  cart_without_id: (n) => ({ carts_without_id: n }),
  late: (n) => ({ late: n }),
  event_conflicts: (n) => ({ conflicts: { events: n, orders: 0 } }),
  order_conflicts: (n) => ({ conflicts: { events: 0, orders: n } }),
  junk_ids: (n) => ({ junk_ids: n }),
  browser_refunds: (n) => ({ browser_refunds: n }),
  clock_errors: (n) => ({ clock_errors: { deliveries: n, largest_ms: 5_000 } }),
};
const names = Object.keys(FAULTS).filter((name): name is keyof typeof FAULTS => name in THRESHOLDS);

test.each(names)('%s is fair above its threshold, poor above the other, and one sentence each', (name) => {
  const { fair, poor } = THRESHOLDS[name];
  const levelAt = (n: number) => verdict(FAULTS[name](n)).level;
  expect(levelAt(fair * 10)).toBe('good');
  expect(levelAt(fair * 10 + 1)).toBe('fair');
  expect(verdict(FAULTS[name](fair * 10 + 1)).sentences).toHaveLength(1);
  if (poor === null) expect(levelAt(10_000)).toBe('fair');
  else {
    expect(levelAt(poor * 10)).toBe('fair');
    expect(levelAt(poor * 10 + 1)).toBe('poor');
  }
});

test.each(names)('the threshold of %s is the one that docs/definitions.md states', (name) => {
  const { fair, poor } = THRESHOLDS[name];
  const inWords = (thousandths: number | null) =>
    thousandths === null ? 'never' : thousandths === 0 ? '0' : percent(thousandths, 1_000);
  const row = new RegExp(`^\\| \`${name}\` +\\| .* \\| ${inWords(fair)} +\\| ${inWords(poor)} +\\|$`, 'm');
  expect(DEFINITIONS).toMatch(row);
});

test('a handful of cases is never poor, however large their share', () => {
  const few = (n: number) => verdict({ orders: n, orders_without_cart: [{ reason: 'no_add_seen', orders: n }] }).level;
  expect(few(MIN_POOR_CASES - 1)).toBe('fair');
  expect(few(MIN_POOR_CASES)).toBe('poor');
});

test('orders of other channels and of carts of bots lack nothing', () => {
  const orders_without_cart: QualityDay['orders_without_cart'] = [
    { reason: 'other_channel', orders: 6_000 },
    { reason: 'cart_excluded', orders: 3_000 },
  ];
  expect(verdict({ orders_without_cart }).level).toBe('good');
  // Of the 1,000 others 21 are above 2 %.
  const { level, sentences } = verdict({
    orders_without_cart: [{ reason: 'no_add_seen', orders: 21 }, ...orders_without_cart],
  });
  expect(level).toBe('fair');
  expect(sentences[0]).toMatch(/^2.1 % of the orders \(21 of 1,000\)/);
});

test('each sentence names the number, what it means for which report, and what to do', () => {
  const said = (over: Partial<QualityDay>) => verdict(over).sentences[0];
  expect(verdict({ orders: 388, orders_without_cart: [{ reason: 'no_add_seen', orders: 12 }] }).sentences).toEqual([
    '3.1 % of the orders (12 of 388) carry no cart (no_add_seen): their carts look abandoned, and revenue by stage cannot say where they came from. Send add_to_cart when something is put into a cart, and the cart_id with the purchase event.',
  ]);
  expect(said({ orders: 1, orders_without_cart: [{ reason: 'cart_already_bought', orders: 1 }] })).toBe(
    'The only order carries no cart (cart_already_bought): its cart looks abandoned, and revenue by stage cannot say where it came from. Begin a new cart_id after each purchase, and send an order once under one order_id.',
  );
  expect(
    said({
      deliveries: 900,
      rejected: [
        { code: 'bad_id', count: 60 },
        { code: 'bad_time', count: 40 },
      ],
    }),
  ).toBe(
    '10 % of the events sent (100 of 1,000) were rejected, most often for bad_id (60): no report has them, so every count may be too low. The answer to the sender, or the dead letter, names field and remedy: mend the sender.',
  );
  expect(said({ browser_refunds: 1 })).toBe(
    '1 refund came from a browser and is not taken off revenue. Send refunds from your server or shop system, with a refund_id.',
  );
  expect(said({ orders: 4, purchases_without_earlier_event: 1 })).toBe(
    '25 % of the orders (1 of 4) comes from a visitor of whom nothing but purchases was seen before: the funnel lacks its earlier stages. See that every page sends events, and that purchases sent by your server carry the visitor_id of the browser.',
  );
  expect(said({ carts: 8, unpriced_carts: 8 })).toBe(
    'All 8 carts hold something whose price was never sent: the value left in carts, and revenue by stage, are too low by it. Send unit_price with every line.',
  );
  expect(said({ conflicts: { events: 11, orders: 0 } })).toBe(
    '11 event ids of 10,000 events (0.1 %) were used more than once, by different visitors or in different months, and count as different events each time: funnels may be too high. Make a new event_id for every event, and keep visitor_id and occurred_at when you send one again.',
  );
  expect(said({ clock_errors: { deliveries: 5_000, largest_ms: 7_300_000 } })).toBe(
    '50 % of the deliveries (5,000 of 10,000) came from clocks that were wrong, by up to 2 hours: times were corrected by sent_at, so that only times between events may be off a little. Set the clocks of your servers.',
  );
});

test('unexplained amounts are judged day by day, and the worst day is named', () => {
  const days = [
    dayWith({ unexplained_share: 0.001 }),
    dayWith({ day: '2026-03-02', unexplained_share: 0.0011 }),
    dayWith({ day: '2026-03-03', unexplained_share: 0.004 }),
    dayWith({ day: '2026-03-04', unexplained_share: null }),
  ];
  const { level, sentences } = verdictOf(days, true);
  expect(level).toBe('fair');
  expect(sentences[0]).toMatch(
    /^On 2 of 3 days with orders, the amounts of orders do not add up by more than 0.1 % of their totals \(0.4 % on 2026-03-03\)/,
  );
});

test('the worst comes first, and what makes nothing wrong last', () => {
  const { level, sentences } = verdict({
    late: 101,
    rejected: [{ code: 'bad_id', count: 5_000 }],
    duplicates: 501,
    test_orders: 1,
    bots: { visitors: 1, carts: 2 },
  });
  expect(level).toBe('poor');
  expect(sentences.map((sentence) => sentence.slice(0, 22))).toEqual([
    '33.3 % of the events s',
    '1 % of the deliveries ',
    '5 % of the deliveries ',
    'Taken for bots and lef',
    '1 test order is in no ',
  ]);
});

test('repeats, bots and test orders alone leave it good', () => {
  const { level, sentences } = verdict({ duplicates: 9_000, test_orders: 2, bots: { visitors: 1, carts: 1 } });
  expect(level).toBe('good');
  expect(sentences).toEqual([
    'Nothing was found that makes the numbers of these days wrong.',
    '90 % of the deliveries (9,000 of 10,000) were repeats of an event that was there already: every event counts once, so the reports are right.',
    'Taken for bots and left out of every report: 1 visitor (counted anew each day) and 1 cart.',
    '2 test orders are in no report.',
  ]);
});

test('orders of a store whose pages say they are a server are told of, with the remedy', () => {
  const said = (over: Partial<QualityDay>) => verdictOf([dayWith(over)], false);
  const { level, sentences } = said({});
  expect(level).toBe('good');
  expect(sentences[1]).toMatch(
    /^Every delivery says it comes from a server .* Send source: browser and session_id with/,
  );
  for (const nothing of [{ orders: 0 }, { events: 0 }]) expect(said(nothing).sentences).toHaveLength(1);
});
