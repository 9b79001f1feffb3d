/** TEST ONLY: the arithmetic of reports (definitions.md 9). */
export const halfEven = (n: bigint, d: bigint): bigint => {
  const sign = n < 0n !== d < 0n ? -1n : 1n;
  const [a, b] = [n < 0n ? -n : n, d < 0n ? -d : d];
  const q = a / b;
  const twice = (a % b) * 2n;
  return sign * (twice > b || (twice === b && q % 2n === 1n) ? q + 1n : q);
};

export const rate = (n: number, d: number): number | null =>
  d === 0 ? null : Number(halfEven(BigInt(n) * 1_000_000n, BigInt(d))) / 1e6;

export const quantile = (sorted: readonly number[], numerator: number, denominator: number): number | null =>
  sorted[Math.ceil((numerator * sorted.length) / denominator) - 1] ?? null;
