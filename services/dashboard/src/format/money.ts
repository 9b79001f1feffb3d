import { LOCALE, withMinus } from './locale.ts';

type Formats = { exponent: number; exact: Intl.NumberFormat; compact: Intl.NumberFormat };
const formats = new Map<string, Formats>();

/** Intl's formats for a currency; a code Intl does not take is written as it is, in whole units. */
const formatsOf = (currency: string): Formats => {
  const known = formats.get(currency);
  if (known) return known;
  const style = /^[A-Z]{3}$/.test(currency) ? ({ style: 'currency', currency } as const) : {};
  const exact = new Intl.NumberFormat(LOCALE, 'style' in style ? style : { maximumFractionDigits: 0 });
  const made = {
    exponent: exact.resolvedOptions().maximumFractionDigits ?? 0,
    exact,
    compact: new Intl.NumberFormat(LOCALE, { ...style, notation: 'compact', maximumFractionDigits: 1 }),
  };
  formats.set(currency, made);
  return made;
};

export const exponentOf = (currency: string): number => formatsOf(currency).exponent;

const isNumeral = (text: string): text is `${number}` => /^-?\d+(\.\d+)?$/.test(text);

/** Digits are moved, not divided: a division by 100 would round amounts past 2^53. */
const decimalOf = (minor: number, exponent: number): `${number}` | number => {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, '0');
  const text = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  const signed = minor < 0 ? `-${text}` : text;
  return isNumeral(signed) ? signed : minor / 10 ** exponent;
};

/** Whole minor units in the currency's own notation: 123456 EUR is €1,234.56, 1500 JPY is JP¥1,500. */
export const formatMoney = (minor: number, currency: string): string => {
  const { exact, exponent } = formatsOf(currency);
  return withMinus(exact.format(decimalOf(minor, exponent)));
};

/** With its sign, for the steps of a bridge. */
export const formatChange = (minor: number, currency: string): string =>
  minor > 0 ? `+${formatMoney(minor, currency)}` : formatMoney(minor, currency);

/** For axes and labels in charts only: €1.2m. */
export const formatMoneyShort = (minor: number, currency: string): string => {
  const { compact, exponent } = formatsOf(currency);
  return withMinus(compact.format(minor / 10 ** exponent));
};

/** For labels of bars: to the minor unit where that is short anyway. */
export const formatMoneyBrief = (minor: number, currency: string): string =>
  Math.abs(minor) < 1_000 * 10 ** exponentOf(currency)
    ? formatMoney(minor, currency)
    : formatMoneyShort(minor, currency);
