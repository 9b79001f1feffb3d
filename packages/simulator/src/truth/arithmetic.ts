/** Rates and quantiles as definitions.md 9 has them. */

/** n / d to a whole number, halves to the even neighbour; d > 0. */
export const divideHalfEven = (n: bigint, d: bigint): bigint => {
  const whole = n / d;
  const rest = n - whole * d;
  const away = n < 0n ? -1n : 1n;
  const twice = 2n * (rest < 0n ? -rest : rest);
  if (twice < d || (twice === d && whole % 2n === 0n)) return whole;
  return whole + away;
};

/** Six decimals; null where there is nothing to divide by. */
export const rate = (part: number, whole: number): number | null =>
  whole === 0 ? null : Number(divideHalfEven(BigInt(part) * 1_000_000n, BigInt(whole))) / 1_000_000;

/** The value at position ceil(p x n) of n sorted ones. */
export const quantile = (values: readonly number[], percent: number): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? null;
};

export const sumOf = <T>(of: Iterable<T>, amount: (each: T) => number): bigint => {
  let sum = 0n;
  for (const each of of) sum += BigInt(amount(each));
  return sum;
};

/** Strings as UTF-8 bytes; ASCII ones here. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const compareAmountsDown = (a: bigint, b: bigint): number => (a < b ? 1 : a > b ? -1 : 0);
