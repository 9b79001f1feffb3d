/** Integer arithmetic of docs/definitions.md: half-even, never through a float. */

/** numerator / denominator (> 0), rounded half-even to a whole number. */
export const divideHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const negative = numerator < 0n;
  const n = negative ? -numerator : numerator;
  const quotient = n / denominator;
  const twice = (n % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
};

/** A rate with six decimals; null when the denominator is zero. */
export const rate = (numerator: number, denominator: number): number | null =>
  denominator === 0 ? null : Number(divideHalfEven(BigInt(numerator) * 1_000_000n, BigInt(denominator))) / 1_000_000;

/** A printed rate as the whole number of millionths it is. */
export const millionths = (printed: number): bigint => BigInt(Math.round(printed * 1_000_000));
