import type { MoneyLine } from './rows.ts';

/** Sums by currency, exact whatever their size. */
export type Money = Map<string, bigint>;

export const addMoney = (money: Money, currency: string, amount: bigint): void => {
  money.set(currency, (money.get(currency) ?? 0n) + amount);
};

export const lineValue = (quantity: number, unitPrice: number): bigint => BigInt(quantity) * BigInt(unitPrice);

/** By currency code, so that equal sums make equal rows. */
export const moneyLines = (money: Money): MoneyLine[] =>
  [...money].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amount]) => ({ currency, amount }));

/** Sum of quantity x unit_price when there are lines and all are priced, else null. */
export const pricedSum = (items: readonly { quantity: number; unit_price?: number }[] | undefined): bigint | null => {
  if (!items || items.length === 0) return null;
  let sum = 0n;
  for (const { quantity, unit_price } of items) {
    if (unit_price === undefined) return null;
    sum += lineValue(quantity, unit_price);
  }
  return sum;
};
