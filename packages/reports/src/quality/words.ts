/** Numbers in sentences for people who own a shop. */

/** 1234567 -> 1,234,567. */
export const number = (n: number): string => String(n).replaceAll(/\B(?=(\d{3})+$)/g, ',');

/** One decimal, rounded half up; never 0 or 100 for what is not. */
export const percent = (n: number, of: number): string => {
  const tenths = Number((BigInt(n) * 2_000n + BigInt(of)) / (BigInt(of) * 2n));
  if (tenths === 0 && n > 0) return 'under 0.1 %';
  const shown = n < of ? Math.min(tenths, 999) : tenths;
  return `${number(Math.floor(shown / 10))}${shown % 10 === 0 ? '' : `.${shown % 10}`} %`;
};

/** The form that fits the number. */
export const form = (n: number, one: string, many: string): string => (n === 1 ? one : many);

/** `1 order`, `12 orders`. */
export const counted = (n: number, one: string, many = `${one}s`): string => `${number(n)} ${form(n, one, many)}`;

/** `3.1 % of the orders (12 of 388)`, `All 12 orders`, `The only order`: the beginning of a sentence. */
export const shareOfThe = (n: number, of: number, one: string, many = `${one}s`): string => {
  if (n === of) return of === 1 ? `The only ${one}` : `All ${number(of)} ${many}`;
  const share = percent(n, of);
  return `${share.charAt(0).toUpperCase()}${share.slice(1)} of the ${many} (${number(n)} of ${number(of)})`;
};

const UNITS = [
  { ms: 86_400_000, one: 'day' },
  { ms: 3_600_000, one: 'hour' },
  { ms: 60_000, one: 'minute' },
  { ms: 1_000, one: 'second' },
] as const;

/** In the largest unit there is one of, cut: `3 hours`. */
export const duration = (ms: number): string => {
  const unit = UNITS.find((u) => ms >= u.ms) ?? { ms: 1_000, one: 'second' };
  return counted(Math.floor(ms / unit.ms), unit.one);
};
