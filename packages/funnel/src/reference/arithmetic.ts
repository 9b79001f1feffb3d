/** Rounds n / d to a whole number, halves to the even neighbour. `d` is positive. */
export const divideHalfEven = (n: bigint, d: bigint): bigint => {
  const floor = n / d - (n % d < 0n ? 1n : 0n);
  const twiceRest = 2n * (n - floor * d);
  if (twiceRest > d) return floor + 1n;
  if (twiceRest < d) return floor;
  return floor % 2n === 0n ? floor : floor + 1n;
};

/** n / d half-even at six decimals, from integers; null where d is 0. */
export const rate = (n: number, d: number): number | null =>
  d === 0 ? null : Number(divideHalfEven(BigInt(n) * 1_000_000n, BigInt(d))) / 1_000_000;

/** The sorted value at position ceil(percent / 100 x n), null when there is none. */
export const quantile = (values: readonly number[], percent: number): number | null =>
  values.toSorted((a, b) => a - b)[Math.ceil((percent * values.length) / 100) - 1] ?? null;

/** Amounts by currency: a currency that is absent has no amount, one with 0 has the amount 0. */
export type Money = Map<string, bigint>;

export const addMoney = (to: Money, currency: string, amount: bigint): void => {
  to.set(currency, (to.get(currency) ?? 0n) + amount);
};

export const addAllMoney = (to: Money, amounts: Money): void => {
  for (const [currency, amount] of amounts) addMoney(to, currency, amount);
};

/** Amounts of all currencies added up: only good for sorting. */
export const totalOf = (money: Money): bigint => money.values().reduce((sum, amount) => sum + amount, 0n);
