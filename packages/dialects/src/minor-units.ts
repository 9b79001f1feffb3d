/** Digits of the largest amount an event may hold, 10^12. */
const MAX_DIGITS = 13;

/**
 * A decimal string as a whole number of minor units, digit by digit: no float ever holds it, so 35.79 is 3579 and
 * never 3578. Null when it is no plain decimal, has digits beyond the currency's minor unit, or is too large.
 */
export const toMinorUnits = (decimal: string, exponent: number): number | null => {
  const match = /^(\d+)(?:\.(\d*))?$/.exec(decimal);
  if (match === null) return null;
  const [, whole = '', fraction = ''] = match;
  if (/[^0]/.test(fraction.slice(exponent))) return null;
  const digits = (whole + fraction.slice(0, exponent).padEnd(exponent, '0')).replace(/^0+(?=\d)/, '');
  return digits.length > MAX_DIGITS ? null : Number(digits);
};
