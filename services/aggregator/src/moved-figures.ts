/** Which figures of a closed day moved, by how much and why: see schemas/clickhouse for the rules. */
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

const causeOfOrders = (figure: string, before: Figures, after: Figures): RestatementCause => {
  if (!BY_CARTS.test(figure) || anyMoved(ORDERS_OWN, before, after)) return 'late_order';
  // The same orders: a cart was found, or lost, when events of it turned up or when its visitors turned out to be bots.
  return anyMoved(BY_EXCLUDED_CARTS, before, after) ? 'bot' : 'late_event';
};

const causeOf = (figure: string, before: Figures, after: Figures, closedAt: number): RestatementCause => {
  if (before.excluded !== after.excluded) return 'bot';
  switch (after.kind) {
    case 'funnel':
      return / stages\.purchase(#\d+)?\.units(_any)?$/.test(figure) ? 'late_order' : 'late_event';
    case 'order':
      return causeOfOrders(figure, before, after);
    case 'cart': {
      const recovered = grew(before, after, 'abandonment carts.recovered');
      if (RECOVERY_MOVES.test(figure) && recovered && after.lastOrderedAt >= closedAt) return 'recovered';
      const revived = grew(before, after, 'abandonment carts.revived');
      if (!MADE_BY_EVENTS.test(figure) && revived && after.lastActivityAt >= closedAt) return 'revived';
      if (figure.endsWith('.created')) return 'late_event';
      return MADE_BY_EVENTS.test(figure) || recovered || grew(before, after, 'abandonment carts.purchased')
        ? 'late_order'
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
 * closed at `asOf`. `cause`: of all; null: each figure's own.
 */
export const movedFigures = (
  before: Figures,
  after: Figures,
  { calendar, asOf, cause }: { calendar: Calendar; asOf: number; cause: 'definition' | 'erasure' | null },
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
    moved.push({ figure, from, to, cause: cause ?? causeOf(figure, before, after, closedAt) });
  }
  return moved;
};
