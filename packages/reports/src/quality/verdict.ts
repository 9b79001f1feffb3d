import type { QualityDay, QualityReport, WithoutCartReason } from '@cartledger/funnel';
import { counted, duration, form, number, percent, shareOfThe } from './words.ts';

type Level = QualityReport['verdict']['level'];

/**
 * From where on a share of the period is called fair, and from where on poor, in thousandths: it has to be above. A
 * share of fewer than MIN_POOR_CASES cases is never poor. null: it never is. What is only told (repeats, bots, test
 * orders) makes no number wrong.
 */
export const THRESHOLDS = {
  /** Rejected of all that was sent. */
  rejected: { fair: 5, poor: 50 },
  /** Orders without cart, for another reason than their channel or bots, of the orders that could have one. */
  without_cart: { fair: 20, poor: 100 },
  /** |unexplained| of the order totals, of the day and currency where it is largest. */
  unexplained: { fair: 1, poor: 10 },
  /** Orders of the web of whose visitor nothing came before, of all orders. */
  no_earlier_event: { fair: 20, poor: 200 },
  /** Carts with a line that was never priced, of all carts. */
  unpriced: { fair: 10, poor: 100 },
  /** Carts without cart_id, of all carts. */
  cart_without_id: { fair: 200, poor: null },
  /** Received more than 24 h after they happened, of all deliveries. */
  late: { fair: 10, poor: 100 },
  /** Event ids of several events, of all events. */
  event_conflicts: { fair: 1, poor: 10 },
  /** Deliveries that differ from their order, of all orders. */
  order_conflicts: { fair: 10, poor: 100 },
  /** Junk ids, of all deliveries. */
  junk_ids: { fair: 10, poor: 100 },
  /** Refunds of browsers: any. */
  browser_refunds: { fair: 0, poor: null },
  /** Deliveries whose clock was off, of all deliveries. */
  clock_errors: { fair: 100, poor: null },
  /** Repeats, of all deliveries: told from here on. */
  duplicates: { fair: null, poor: null, told: 50 },
} as const satisfies Record<string, { fair: number | null; poor: number | null; told?: number }>;

export const MIN_POOR_CASES = 5;

type Totals = {
  days: readonly QualityDay[];
  deliveries: number;
  events: number;
  duplicates: number;
  late: number;
  rejected: Map<string, number>;
  junk_ids: number;
  event_conflicts: number;
  order_conflicts: number;
  orders: number;
  test_orders: number;
  without_cart: Map<WithoutCartReason, number>;
  carts: number;
  carts_without_id: number;
  unpriced_carts: number;
  no_earlier_event: number;
  browser_refunds: number;
  clock_errors: number;
  largest_clock_error_ms: number;
  bot_visitors: number;
  bot_carts: number;
};

const totalsOf = (days: readonly QualityDay[]): Totals => {
  const sum = (n: (day: QualityDay) => number): number => days.reduce((total, day) => total + n(day), 0);
  const rejected = new Map<string, number>();
  const without_cart = new Map<WithoutCartReason, number>();
  for (const day of days) {
    for (const { code, count } of day.rejected) rejected.set(code, (rejected.get(code) ?? 0) + count);
    for (const { reason, orders } of day.orders_without_cart)
      without_cart.set(reason, (without_cart.get(reason) ?? 0) + orders);
  }
  return {
    days,
    rejected,
    without_cart,
    deliveries: sum((day) => day.deliveries),
    events: sum((day) => day.events),
    duplicates: sum((day) => day.duplicates),
    late: sum((day) => day.late),
    junk_ids: sum((day) => day.junk_ids),
    event_conflicts: sum((day) => day.conflicts.events),
    order_conflicts: sum((day) => day.conflicts.orders),
    orders: sum((day) => day.orders),
    test_orders: sum((day) => day.test_orders),
    carts: sum((day) => day.carts),
    carts_without_id: sum((day) => day.carts_without_id),
    unpriced_carts: sum((day) => day.unpriced_carts),
    no_earlier_event: sum((day) => day.purchases_without_earlier_event),
    browser_refunds: sum((day) => day.browser_refunds),
    clock_errors: sum((day) => day.clock_errors.deliveries),
    largest_clock_error_ms: Math.max(0, ...days.map((day) => day.clock_errors.largest_ms)),
    bot_visitors: sum((day) => day.bots.visitors),
    bot_carts: sum((day) => day.bots.carts),
  };
};

/** The largest count and its name; ties by name. */
const most = <K extends string>(counts: ReadonlyMap<K, number>): [K, number] | undefined =>
  [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))[0];

const NOT_THE_SENDERS: ReadonlySet<WithoutCartReason> = new Set(['other_channel', 'cart_excluded']);

const REMEDY_WITHOUT_CART: Readonly<Record<WithoutCartReason, string>> = {
  no_add_seen: 'Send add_to_cart when something is put into a cart, and the cart_id with the purchase event.',
  no_common_product: 'Send the same product_id in cart events and in the purchase event, or the cart_id with both.',
  cart_already_bought: 'Begin a new cart_id after each purchase, and send an order once under one order_id.',
  other_channel: '',
  cart_excluded: '',
};

/** `of` is null where a count stands alone. */
type Check = {
  name: keyof typeof THRESHOLDS;
  cases: (t: Totals) => number;
  of: (t: Totals) => number | null;
  say: (n: number, of: number, t: Totals) => string;
};

const sumOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
const missingCarts = ({ without_cart }: Totals): Map<WithoutCartReason, number> =>
  new Map([...without_cart].filter(([reason]) => !NOT_THE_SENDERS.has(reason)));

/** In the order in which they are told, within a level. */
const CHECKS: readonly Check[] = [
  {
    name: 'rejected',
    cases: ({ rejected }) => sumOf(rejected),
    of: ({ rejected, deliveries }) => sumOf(rejected) + deliveries,
    say: (n, of, { rejected }) => {
      const [code = '', count = 0] = most(rejected) ?? [];
      const why = count === n ? `for ${code}` : `most often for ${code} (${number(count)})`;
      return `${shareOfThe(n, of, 'event')} sent ${form(n, 'was', 'were')} rejected, ${why}: no report has ${form(n, 'it', 'them')}, so every count may be too low. The answer to the sender, or the dead letter, names field and remedy: mend the sender.`;
    },
  },
  {
    name: 'without_cart',
    cases: (t) => sumOf(missingCarts(t)),
    of: ({ orders, without_cart }) =>
      orders - (without_cart.get('other_channel') ?? 0) - (without_cart.get('cart_excluded') ?? 0),
    say: (n, of, t) => {
      const [reason = 'no_add_seen', count = 0] = most(missingCarts(t)) ?? [];
      const why = count === n ? reason : `most often ${reason}: ${number(count)}`;
      return `${shareOfThe(n, of, 'order')} ${form(n, 'carries', 'carry')} no cart (${why}): ${form(n, 'its cart looks', 'their carts look')} abandoned, and revenue by stage cannot say where ${form(n, 'it', 'they')} came from. ${REMEDY_WITHOUT_CART[reason]}`;
    },
  },
  {
    name: 'no_earlier_event',
    cases: ({ no_earlier_event }) => no_earlier_event,
    of: ({ orders }) => orders,
    say: (n, of) =>
      `${shareOfThe(n, of, 'order')} ${form(n, 'comes from a visitor', 'come from visitors')} of whom nothing was seen before: the funnel lacks ${form(n, 'its', 'their')} earlier stages. See that every page sends events, and that purchases sent by your server carry the visitor_id of the browser.`,
  },
  {
    name: 'unpriced',
    cases: ({ unpriced_carts }) => unpriced_carts,
    of: ({ carts }) => carts,
    say: (n, of) =>
      `${shareOfThe(n, of, 'cart')} ${form(n, 'holds', 'hold')} something whose price was never sent: the value left in carts, and revenue by stage, are too low by it. Send unit_price with every line.`,
  },
  {
    name: 'cart_without_id',
    cases: ({ carts_without_id }) => carts_without_id,
    of: ({ carts }) => carts,
    say: (n, of) =>
      `${shareOfThe(n, of, 'cart')} ${form(n, 'has', 'have')} no cart_id: a cart that is taken to another device counts as two, one of them abandoned. Send the cart_id with cart events and purchases.`,
  },
  {
    name: 'late',
    cases: ({ late }) => late,
    of: ({ deliveries }) => deliveries,
    say: (n, of) =>
      `${shareOfThe(n, of, 'delivery', 'deliveries')} came more than a day after what ${form(n, 'it tells', 'they tell')} had happened: figures of days already closed may be restated in every report. Send events as they happen.`,
  },
  {
    name: 'event_conflicts',
    cases: ({ event_conflicts }) => event_conflicts,
    of: ({ events }) => events,
    say: (n, of) =>
      `${counted(n, 'event id')} of ${counted(of, 'event')} (${percent(n, of)}) ${form(n, 'was', 'were')} used more than once, by different visitors or in different months, and ${form(n, 'counts', 'count')} as different events each time: funnels may be too high. Make a new event_id for every event, and keep visitor_id and occurred_at when you send one again.`,
  },
  {
    name: 'order_conflicts',
    cases: ({ order_conflicts }) => order_conflicts,
    of: ({ orders, test_orders }) => orders + test_orders,
    say: (n, of) =>
      `${counted(n, 'delivery', 'deliveries')} of ${counted(of, 'order')} ${form(n, 'says', 'say')} something else than the one that counts: revenue goes by the webhook, then by your server. Send the same amounts from everywhere, and a higher revision with an edit.`,
  },
  {
    name: 'junk_ids',
    cases: ({ junk_ids }) => junk_ids,
    of: ({ deliveries }) => deliveries,
    say: (n, of) =>
      `${counted(n, 'id')} in ${counted(of, 'delivery', 'deliveries')} ${form(n, 'was', 'were')} junk such as "undefined" and left out: sessions and carts are then told by the visitor alone. Mend what writes ${form(n, 'it', 'them')}, or leave an id out where there is none.`,
  },
  {
    name: 'browser_refunds',
    cases: ({ browser_refunds }) => browser_refunds,
    of: () => null,
    say: (n) =>
      `${counted(n, 'refund')} came from a browser and ${form(n, 'is', 'are')} not taken off revenue. Send refunds from your server or shop system, with a refund_id.`,
  },
  {
    name: 'clock_errors',
    cases: ({ clock_errors }) => clock_errors,
    of: ({ deliveries }) => deliveries,
    say: (n, of, { largest_clock_error_ms }) =>
      `${shareOfThe(n, of, 'delivery', 'deliveries')} came from ${form(n, 'a clock that was', 'clocks that were')} wrong, by up to ${duration(largest_clock_error_ms)}: times were corrected by sent_at, so that only times between events may be off a little. Set the clocks of your servers.`,
  },
];

const isAbove = (n: number, of: number | null, thousandths: number): boolean =>
  of === null ? n > thousandths : n * 1_000 > of * thousandths;

const levelOf = (name: keyof typeof THRESHOLDS, n: number, of: number | null): Level => {
  const { fair, poor } = THRESHOLDS[name];
  if (n === 0 || of === 0) return 'good';
  if (poor !== null && n >= MIN_POOR_CASES && isAbove(n, of, poor)) return 'poor';
  return fair !== null && isAbove(n, of, fair) ? 'fair' : 'good';
};

type Finding = { level: Level; sentence: string };

const checked = (t: Totals): Finding[] =>
  CHECKS.flatMap(({ name, cases, of, say }) => {
    const [n, whole] = [cases(t), of(t)];
    const level = levelOf(name, n, whole);
    return level === 'good' ? [] : [{ level, sentence: say(n, whole ?? n, t) }];
  });

/** Shares of six decimals as whole millionths. */
const millionths = (share: number | null): number => Math.round((share ?? 0) * 1_000_000);

const unexplained = ({ days }: Totals): Finding[] => {
  const { fair, poor } = THRESHOLDS.unexplained;
  const withOrders = days.filter(({ unexplained_share }) => unexplained_share !== null);
  const failing = withOrders.filter((day) => millionths(day.unexplained_share) > fair * 1_000);
  const [worst] = failing.toSorted((a, b) => millionths(b.unexplained_share) - millionths(a.unexplained_share));
  if (!worst) return [];
  const share = percent(millionths(worst.unexplained_share), 1_000_000);
  const level = millionths(worst.unexplained_share) > poor * 1_000 ? 'poor' : 'fair';
  const sentence = `On ${number(failing.length)} of ${counted(withOrders.length, 'day')} with orders, the amounts of orders do not add up by more than ${percent(fair, 1_000)} of their totals (${share} on ${worst.day}): the revenue report shows it as unexplained, and discounts, tax or shipping may be off by it. Send items, discount, tax and shipping so that they make the total.`;
  return [{ level, sentence }];
};

/** What is worth knowing and makes no number wrong. */
const told = (t: Totals): string[] => {
  const sentences: string[] = [];
  if (t.duplicates > 0 && isAbove(t.duplicates, t.deliveries, THRESHOLDS.duplicates.told))
    sentences.push(
      `${shareOfThe(t.duplicates, t.deliveries, 'delivery', 'deliveries')} ${form(t.duplicates, 'was a repeat', 'were repeats')} of an event that was there already: every event counts once, so the reports are right.`,
    );
  if (t.bot_visitors > 0 || t.bot_carts > 0)
    sentences.push(
      `Taken for bots and left out of every report: ${counted(t.bot_visitors, 'visitor')} (counted anew each day) and ${counted(t.bot_carts, 'cart')}.`,
    );
  if (t.test_orders > 0)
    sentences.push(`${counted(t.test_orders, 'test order')} ${form(t.test_orders, 'is', 'are')} in no report.`);
  return sentences;
};

const NOTHING_CAME =
  'Nothing came in on these days: their reports are empty. See that your pages or your server send events, with a write key of this store.';
const NOTHING_FOUND = 'Nothing was found that makes the numbers of these days wrong.';

/**
 * How far the reports of these days can be trusted: `poor` or `fair` when anything is, by THRESHOLDS, and why, the worst
 * first. A function of the days alone.
 */
export const verdictOf = (days: readonly QualityDay[]): QualityReport['verdict'] => {
  const totals = totalsOf(days);
  if (days.length === 0) return { level: 'poor', sentences: [NOTHING_CAME] };
  const findings = [...checked(totals), ...unexplained(totals)];
  const of = (level: Level) => findings.filter((finding) => finding.level === level).map(({ sentence }) => sentence);
  const [poor, fair] = [of('poor'), of('fair')];
  return {
    level: poor.length > 0 ? 'poor' : fair.length > 0 ? 'fair' : 'good',
    sentences: [...poor, ...fair, ...(findings.length === 0 ? [NOTHING_FOUND] : []), ...told(totals)],
  };
};
