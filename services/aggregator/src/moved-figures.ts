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
const RECOVERY_MOVES = / carts\.(recovered|recovered_late|abandoned|lost|left|bought)$/;
/** A cart is neither made nor bought before its abandonment by coming back. */
const MADE_BY_EVENTS = / carts\.(created|purchased)$/;

const causeOf = (figure: string, before: Figures, after: Figures, closedAt: number): RestatementCause => {
  if (before.excluded !== after.excluded) return 'bot';
  switch (after.kind) {
    case 'funnel':
      return figure.endsWith(' stages.purchase.units') ? 'late_order' : 'late_event';
    case 'order':
      // An order finds its cart when an event of the cart turns up; all else of an order it says itself.
      return figure.endsWith(' orders.without_cart') && !grew(before, after, figure.replace('without_cart', 'count'))
        ? 'late_event'
        : 'late_order';
    case 'cart': {
      const recovered = grew(before, after, 'abandonment carts.recovered');
      if (RECOVERY_MOVES.test(figure) && recovered && after.lastOrderedAt >= closedAt) return 'recovered';
      const revived = grew(before, after, 'abandonment carts.revived');
      if (!MADE_BY_EVENTS.test(figure) && revived && after.lastActivityAt >= closedAt) return 'revived';
      if (MADE_BY_EVENTS.test(figure)) return figure.endsWith('created') ? 'late_event' : 'late_order';
      return recovered || grew(before, after, 'abandonment carts.purchased') ? 'late_order' : 'late_event';
    }
  }
};

/** Whether a figure's path is one of these figures' own. */
export const speaksOf = ({ kind, funnel }: Figures, figure: string): boolean => {
  if (kind === 'funnel') return figure.startsWith(`funnel ${funnel} `);
  const ofCarts = figure.startsWith('abandonment ') || /^revenue \S+ carts\./.test(figure);
  return kind === 'cart' ? ofCarts : /^revenue \S+ orders\./.test(figure);
};

/**
 * What moved between a day's figures of one kind as the rollup says them and as the ledger does; null when they had not
 * closed at `asOf`. `cause`: of all; null: each figure's own.
 */
export const movedFigures = (
  before: Figures,
  after: Figures,
  { calendar, asOf, cause }: { calendar: Calendar; asOf: number; cause: 'definition' | null },
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
