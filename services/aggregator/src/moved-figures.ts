/** Which figures of a closed day moved, by how much and why: the rules are in docs/decisions/0014. */
import { type Calendar, DAY_MS, type RestatementCause } from '@cartledger/funnel';
import type { Figures } from './figures.ts';

type MovedFigure = { figure: string; from: bigint; to: bigint; cause: RestatementCause };

const windowOf = (funnel: string): number => Number(funnel.slice(funnel.lastIndexOf('/') + 1));

/** When the figures close: from then on time alone changes none of them. */
const closesAt = ({ kind, day, funnel, settlesAt }: Figures, calendar: Calendar): number => {
  const end = calendar.dayEnd(day);
  if (kind === 'funnel') return end + windowOf(funnel);
  return kind === 'order' ? end + DAY_MS : Math.max(end, settlesAt);
};

const figureOf = ({ values }: Figures, path: string): bigint => values.get(path) ?? 0n;
const grew = (before: Figures, after: Figures, path: string): boolean => figureOf(after, path) > figureOf(before, path);

/** What a cart's recovery takes from one figure and gives to another. */
const RECOVERY_MOVES =
  /^abandonment (carts|checkout)\.(recovered|recovered_late|abandoned|lost)$|^abandonment (\S+ )?(points|reasons|contactable)\.|^revenue \S+ (carts\.(left|bought)$|stages\.)/;
/** A cart is neither made nor bought before its abandonment by coming back. */
const MADE_BY_EVENTS = /^abandonment (carts\.created|(carts|checkout)\.purchased)$/;

/** Of each currency, what orders say of themselves. */
const ORDERS_OWN = /^revenue \S+ orders\.(count|gross_sales|order_total)$/;
/** What becomes of orders by way of the carts they join, or do not. */
const BY_CARTS = /^revenue \S+ (orders\.without_cart$|bridge\.)/;
const BY_EXCLUDED_CARTS = /^revenue \S+ bridge\.orders_without_cart\.cart_excluded$/;

const anyMoved = (which: RegExp, before: Figures, after: Figures): boolean =>
  [...before.values.keys(), ...after.values.keys()].some(
    (figure) => which.test(figure) && figureOf(before, figure) !== figureOf(after, figure),
  );

/** Whether a day has other orders than before, and not only other carts that they join. */
export const ordersMoved = (before: Figures, after: Figures): boolean => anyMoved(ORDERS_OWN, before, after);

/** The days of the orders that figures count: the first and the last. */
export const daysOfOrders = (before: Figures, after: Figures, calendar: Calendar): { first: string; last: string } => {
  const { kind, day, funnel } = after;
  const reach = kind === 'funnel' ? windowOf(funnel) : 0;
  const end = Math.max(calendar.dayEnd(day) - 1 + reach, before.lastOrderedAt, after.lastOrderedAt);
  return { first: calendar.dayOf(calendar.dayStart(day) - reach), last: calendar.dayOf(end) };
};

/**
 * Units that were known change sides: as more are excluded the figure falls, as fewer are it grows. Bots that nobody knew
 * yet take nothing from it.
 */
const changedSides = (figure: string, before: Figures, after: Figures): boolean => {
  const moves = (path: string): boolean =>
    after.excluded > before.excluded ? grew(after, before, path) : grew(before, after, path);
  // Carts leave one state for another, whoever is excluded.
  const isTaken = after.kind !== 'cart' || moves('abandonment carts.created');
  return before.excluded !== after.excluded && isTaken && moves(figure);
};

const causeOf = (
  figure: string,
  before: Figures,
  after: Figures,
  { closedAt, otherOrders }: { closedAt: number; otherOrders: boolean },
): RestatementCause => {
  if (changedSides(figure, before, after)) return 'bot';
  const byOrders = otherOrders ? 'late_order' : 'late_event';
  switch (after.kind) {
    case 'funnel':
      return / stages\.purchase(#\d+)?\.units(_any)?$/.test(figure) ? byOrders : 'late_event';
    case 'order':
      if (!BY_CARTS.test(figure)) return 'late_order';
      // The same orders: a cart was found, or lost, when events of it turned up or when its visitors turned out to be bots.
      return !otherOrders && anyMoved(BY_EXCLUDED_CARTS, before, after) ? 'bot' : byOrders;
    case 'cart': {
      const recovered = grew(before, after, 'abandonment carts.recovered');
      if (RECOVERY_MOVES.test(figure) && recovered && after.lastOrderedAt >= closedAt) return 'recovered';
      const revived = grew(before, after, 'abandonment carts.revived');
      if (!MADE_BY_EVENTS.test(figure) && revived && after.lastActivityAt >= closedAt) return 'revived';
      if (figure.endsWith('.created')) return 'late_event';
      return MADE_BY_EVENTS.test(figure) || recovered || grew(before, after, 'abandonment carts.purchased')
        ? byOrders
        : 'late_event';
    }
  }
};

/** Whether a figure's path is one of these figures' own. */
export const speaksOf = ({ kind, funnel }: Figures, figure: string): boolean => {
  if (kind === 'funnel') return figure.startsWith(`funnel ${funnel} `);
  const ofCarts = figure.startsWith('abandonment ') || /^revenue \S+ (carts|stages)\./.test(figure);
  return kind === 'cart' ? ofCarts : /^revenue \S+ (orders|bridge)\./.test(figure);
};

/**
 * What moved between a day's figures of one kind as the rollup says them and as the ledger does; null when they had not
 * closed at `asOf`. `cause`: of all; null: each figure's own. `otherOrders`: ordersMoved, on one of daysOfOrders.
 */
export const movedFigures = (
  before: Figures,
  after: Figures,
  {
    calendar,
    asOf,
    cause,
    otherOrders,
  }: { calendar: Calendar; asOf: number; cause: 'definition' | 'erasure' | null; otherOrders: boolean },
): MovedFigure[] | null => {
  const closedAt = closesAt(before, calendar);
  if (closedAt > asOf) return null;
  const moved: MovedFigure[] = [];
  for (const figure of new Set([...before.values.keys(), ...after.values.keys()])) {
    // A stage that a definition has brought or taken has no figure to move.
    const isOld = before.values.has(figure) && after.values.has(figure);
    if (cause === 'definition' && after.kind === 'funnel' && !isOld) continue;
    const [from, to] = [figureOf(before, figure), figureOf(after, figure)];
    if (from === to) continue;
    moved.push({ figure, from, to, cause: cause ?? causeOf(figure, before, after, { closedAt, otherOrders }) });
  }
  return moved;
};
