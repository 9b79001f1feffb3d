import type { CartCounts, MoneyByCurrency } from '@cartledger/funnel';
import { byValueThenId, sumMoney } from '../money.ts';
import type { CartCell } from './cells.ts';
import { CART_FIGURE_NAMES } from './predicates.ts';

const NO_CARTS: CartCounts = {
  created: 0,
  active: 0,
  idle: 0,
  abandoned: 0,
  lost: 0,
  emptied: 0,
  purchased: 0,
  recovered: 0,
  recovered_late: 0,
  revived: 0,
};

/** Rows of currency '' count all carts of their cell. */
const cartsOf = (cells: readonly CartCell[]): number =>
  cells.reduce((sum, { currency, carts }) => (currency === '' ? sum + carts : sum), 0);

export const countCarts = (cells: readonly CartCell[]): CartCounts => {
  const counts = { ...NO_CARTS };
  for (const name of CART_FIGURE_NAMES) counts[name] = cartsOf(cells.filter((cell) => cell[`is_${name}`]));
  return counts;
};

/** A currency in which no cart has a value is left out. */
const withValue = (cells: readonly CartCell[]): CartCell[] =>
  cells.filter(({ currency, carts }) => currency !== '' && carts > 0);

export const cartsAndValue = (cells: readonly CartCell[]): { carts: number; value: MoneyByCurrency } => ({
  carts: cartsOf(cells),
  value: sumMoney(withValue(cells).map(({ currency, value }) => [currency, value])),
});

export const peaksOf = (cells: readonly CartCell[]): { peak_value: MoneyByCurrency; removed: MoneyByCurrency } => {
  const money = cells.filter(({ currency }) => currency !== '');
  return {
    peak_value: sumMoney(money.map(({ currency, peak }) => [currency, peak])),
    removed: sumMoney(money.map(({ currency, peak, value }) => [currency, peak - value])),
  };
};

/** By value, then code. */
export const reasonsOf = (cells: readonly CartCell[]): { code: string; carts: number; value: MoneyByCurrency }[] =>
  [...Map.groupBy(cells, ({ reason }) => reason)]
    .map(([code, rows]) => ({ code, ...cartsAndValue(rows) }))
    .sort(
      byValueThenId(
        (row) => row.value,
        (row) => row.code,
      ),
    );
