/** Examples of docs/definitions.md: the time reports stand at, when days close, and arithmetic. */
import { DAY_MS, MINUTE_MS } from '../../definition.ts';
import { divideHalfEven, quantile, rate } from '../arithmetic.ts';
import { add, buy, line, euros as revenueOf, START, type Told, tell } from '../scenario.ts';
import { clock, euros, say, story, table } from './tables.ts';

const DAY = 24 * 60;
const mug = [line('mug', 1000)];

const asOf = (): string => {
  const events: Told[] = [add(0, { visitor_id: 'ada', items: mug }), { type: 'visit', at: 45, visitor_id: 'ben' }];
  const rows = [10, 45, 60].map((minute) => {
    const upTo = START + minute * MINUTE_MS;
    const standsAt = Math.max(upTo, START + 45 * MINUTE_MS);
    return [clock(upTo), clock(standsAt), tell(events, { asOf: upTo }).carts[0]?.state ?? ''];
  });
  return say(story(events), table(['taken in up to', '`as_of`', 'Ada’s cart'], rows));
};

const closing = (): string => {
  const bought = add(0, { visitor_id: 'ada', items: mug });
  const order = buy(9, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } });
  const left = add(0, { visitor_id: 'ben', items: mug });
  const day = { from: '2026-01-05', to: '2026-01-05' };
  const isOpen = (openFrom: string | null | undefined): string => (openFrom === null ? 'closed' : 'open');
  const rows = [12 * 60, 36 * 60, 7 * DAY + 60, 7 * DAY + 12 * 60].map((minute) => {
    const at = START + minute * MINUTE_MS;
    const { openFrom } = tell([bought, order, left], { asOf: at, ...day });
    const withoutBen = tell([bought, order], { asOf: at, ...day }).openFrom;
    // Revenue is open while its carts or its orders are; without a cart that stands, its orders alone are.
    return [
      clock(at),
      isOpen(withoutBen.revenue),
      isOpen(openFrom.abandonment),
      isOpen(withoutBen.abandonment),
      isOpen(openFrom.funnels[0]),
    ];
  });
  return say(
    story([bought, order, left]),
    table(
      ['at', 'orders of the 5th', 'carts of the 5th', 'carts without Ben’s', 'funnels of the 5th, window 7 days'],
      rows,
    ),
  );
};

const lateOrder = (): string => {
  const bought = (at: number, id: string): Told =>
    buy(at, id, { visitor_id: id, items: mug, amounts: { total: 1000 } });
  const grossSales = (events: Told[]): string =>
    euros(
      revenueOf(tell(events, { asOf: START + 7 * DAY_MS, from: '2026-01-05', to: '2026-01-05' })).orders.gross_sales,
    );
  const told = [bought(0, 'A-1')];
  return table(
    ['day', 'figure', 'from', 'to'],
    [['2026-01-05', '`revenue EUR orders.gross_sales`', grossSales(told), grossSales([...told, bought(30, 'A-2')])]],
  );
};

const arithmetic = (): string => {
  const minutes = [10, 1, 3, 2];
  return table(
    ['of', 'is'],
    [
      ['1 of 3', String(rate(1, 3))],
      ['2 of 3', String(rate(2, 3))],
      ['1 of 0', String(rate(1, 0))],
      ['5 cents / 2', String(divideHalfEven(5n, 2n))],
      ['7 cents / 2', String(divideHalfEven(7n, 2n))],
      [`the median of ${minutes.join(', ')}`, String(quantile(minutes, 50))],
      [`the 90th percentile of ${minutes.join(', ')}`, String(quantile(minutes, 90))],
    ],
  );
};

export const STANDING = { 'as-of': asOf, closing, 'late-order': lateOrder, arithmetic };
