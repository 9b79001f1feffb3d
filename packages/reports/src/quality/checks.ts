import type { WithoutCartReason } from '@cartledger/funnel';
import type { THRESHOLDS } from './thresholds.ts';
import type { Totals } from './totals.ts';
import { counted, duration, form, number, percent, shareOfThe } from './words.ts';

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

/** How often a fault is in the days, of how much (null: the count stands alone), and what is said of it. */
export type Check = {
  name: keyof typeof THRESHOLDS;
  cases: (t: Totals) => number;
  of: (t: Totals) => number | null;
  say: (n: number, of: number, t: Totals) => string;
};

const sumOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((a, b) => a + b, 0);
const missingCarts = ({ without_cart }: Totals): Map<WithoutCartReason, number> =>
  new Map([...without_cart].filter(([reason]) => !NOT_THE_SENDERS.has(reason)));

/** In the order in which they are told, within a level. */
export const CHECKS: readonly Check[] = [
  {
    name: 'rejected',
    cases: ({ rejected }) => sumOf(rejected),
    of: ({ rejected, deliveries }) => sumOf(rejected) + deliveries,
    say: (n, of, { rejected }) => {
      const [code = '', count = 0] = most(rejected) ?? [];
      const why = count === n ? `for ${code}` : `most often for ${code} (${number(count)})`;
      return `${shareOfThe(n, of, 'event sent', 'events sent')} ${form(n, 'was', 'were')} rejected, ${why}: no report has ${form(n, 'it', 'them')}, so every count may be too low. The answer to the sender, or the dead letter, names field and remedy: mend the sender.`;
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
      `${shareOfThe(n, of, 'order')} ${form(n, 'comes from a visitor', 'come from visitors')} of whom nothing but purchases was seen before: the funnel lacks ${form(n, 'its', 'their')} earlier stages. See that every page sends events, and that purchases sent by your server carry the visitor_id of the browser.`,
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
