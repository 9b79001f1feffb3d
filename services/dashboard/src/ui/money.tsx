import type { WireMoney } from '../api/wire.ts';
import { NONE } from '../format/locale.ts';
import { formatMoney } from '../format/money.ts';

/** The store's own currency first, the others by code. */
export const orderedCurrencies = (codes: readonly string[], first: string): string[] =>
  codes.toSorted((a, b) => Number(b === first) - Number(a === first) || (a < b ? -1 : 1));

/** One line a currency: amounts of different currencies are never added up. */
export const MoneyLines = ({ value, first }: { value: WireMoney; first: string }) => {
  const currencies = orderedCurrencies(Object.keys(value), first);
  if (currencies.length === 0) return NONE;
  return (
    <span className="lines">
      {currencies.map((currency) => (
        <span key={currency}>{formatMoney(value[currency] ?? 0, currency)}</span>
      ))}
    </span>
  );
};

/** Sums per currency over rows. */
export const addMoney = (values: readonly WireMoney[]): WireMoney => {
  const total: WireMoney = {};
  for (const value of values)
    for (const [currency, amount] of Object.entries(value)) total[currency] = (total[currency] ?? 0) + amount;
  return total;
};
