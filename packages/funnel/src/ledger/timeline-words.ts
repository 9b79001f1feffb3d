import { currencyExponent, type Item } from '@cartledger/events';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../definition.ts';
import type { MoneyLine } from './rows.ts';

/** Items named before the rest is a number. */
const LISTED = 5;

export const atText = (ms: number): string => new Date(ms).toISOString();

/** `90 min` is `1 h 30 min`; the two largest units that are not zero. */
export const durationText = (ms: number): string => {
  const parts = [
    [Math.floor(ms / DAY_MS), 'd'],
    [Math.floor((ms % DAY_MS) / HOUR_MS), 'h'],
    [Math.floor((ms % HOUR_MS) / MINUTE_MS), 'min'],
    [(ms % MINUTE_MS) / 1_000, 's'],
  ] as const;
  const told = parts.filter(([n]) => n > 0).slice(0, 2);
  return told.length > 0 ? told.map(([n, unit]) => `${n} ${unit}`).join(' ') : '0 s';
};

/** In the currency's own units: `12.34 EUR`, `500 JPY`, `1.250 KWD`. */
export const amountText = (amount: bigint, currency: string): string => {
  const exponent = currencyExponent(currency) ?? 0;
  const digits = String(amount < 0n ? -amount : amount).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent > 0 ? `.${digits.slice(-exponent)}` : '';
  return `${amount < 0n ? '-' : ''}${whole}${fraction} ${currency}`;
};

export const moneyText = (lines: readonly MoneyLine[]): string =>
  lines.length > 0 ? lines.map(({ amount, currency }) => amountText(amount, currency)).join(' + ') : 'no stated price';

/** `2 x A, 1 x B (red)`. */
export const itemsText = (items: readonly Pick<Item, 'product_id' | 'variant_id' | 'quantity'>[]): string => {
  const named = items
    .slice(0, LISTED)
    .map(
      ({ product_id, variant_id, quantity }) => `${quantity} x ${product_id}${variant_id ? ` (${variant_id})` : ''}`,
    );
  return [...named, ...(items.length > LISTED ? [`${items.length - LISTED} more`] : [])].join(', ');
};
