import { currencyExponent } from '@cartledger/events';
import { compareBytes } from '../money.ts';

/** One unit of `currency` in units of `base` on a day; a decimal of at most 18 places. */
export type Rate = { currency: string; base: string; rate: string };

/** Minor units of one currency times numerator / denominator are minor units of the other. Lowest terms, both above 0. */
export type Factor = { numerator: bigint; denominator: bigint };

/** `1.0842` is 10842 / 10000. */
const fractionOf = (decimal: string): Factor => {
  const [whole = '', places = ''] = decimal.split('.');
  return { numerator: BigInt(`${whole}${places}`), denominator: 10n ** BigInt(places.length) };
};

const greatestCommonDivisor = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
};

const inLowestTerms = (numerator: bigint, denominator: bigint): Factor => {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
};

const minorUnits = (currency: string): bigint => 10n ** BigInt(currencyExponent(currency) ?? 2);

/**
 * What turns amounts of `currency` into `target` by the rates of one day: by the row (currency, target); else through
 * the first base, in byte order, that has a rate of both, a base's own being 1; null where there is none.
 */
export const factorOf = (currency: string, target: string, rates: readonly Rate[]): Factor | null => {
  const inBase = (of: string, base: string): Factor | null => {
    if (of === base) return { numerator: 1n, denominator: 1n };
    const row = rates.find((rate) => rate.currency === of && rate.base === base);
    return row ? fractionOf(row.rate) : null;
  };
  const across = (base: string): Factor | null => {
    const own = inBase(currency, base);
    const targets = inBase(target, base);
    return own && targets && targets.numerator > 0n
      ? {
          numerator: own.numerator * targets.denominator,
          denominator: own.denominator * targets.numerator,
        }
      : null;
  };
  const bases = [...new Set([currency, ...rates.map(({ base }) => base)])].sort(compareBytes);
  let factor = inBase(currency, target);
  for (const base of bases) factor ??= across(base);
  if (!factor || factor.numerator <= 0n) return null;
  return inLowestTerms(factor.numerator * minorUnits(target), factor.denominator * minorUnits(currency));
};
