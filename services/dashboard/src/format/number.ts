import { LOCALE, NONE, withMinus } from './locale.ts';

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(LOCALE, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(LOCALE, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const formatCount = (value: number): string => withMinus(whole.format(value));

/** For axes and narrow places only: 1.2m. */
export const formatCompact = (value: number): string => withMinus(compact.format(value));

/** One decimal. What is not quite nothing is never shown as 0.0%, nor what is not quite all as 100.0%. */
export const formatRate = (rate: number | null): string => {
  if (rate === null) return NONE;
  if (rate > 0 && rate < 0.0005) return '<0.1%';
  if (rate < 1 && rate >= 0.9995) return '>99.9%';
  return withMinus(percent.format(rate));
};

/** a / b, null where there is nothing to divide by. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
