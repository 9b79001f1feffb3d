import type { MoneyByCurrency } from '@cartledger/funnel';

/** Strings as UTF-8 bytes, the order of everything. */
export const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The amounts summed by currency, in the order of the codes. */
export const sumMoney = (amounts: readonly (readonly [currency: string, amount: bigint])[]): MoneyByCurrency => {
  const sums = new Map<string, bigint>();
  for (const [currency, amount] of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  return Object.fromEntries([...sums].sort(([a], [b]) => compareBytes(a, b)));
};

const total = (money: MoneyByCurrency): bigint => Object.values(money).reduce((sum, amount) => sum + amount, 0n);

/** Value descending, added up over currencies, then id: the total order of every list of values. */
export const byValueThenId =
  <T>(value: (row: T) => MoneyByCurrency, id: (row: T) => string) =>
  (a: T, b: T): number => {
    const difference = total(value(b)) - total(value(a));
    return difference > 0n ? 1 : difference < 0n ? -1 : compareBytes(id(a), id(b));
  };
