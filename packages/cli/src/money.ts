/** Minor units of a currency as a person reads them: 123456, EUR -> `1234.56 EUR`. Exact at any size. */
export const formatMoney = (amount: bigint | number | null, currency: string): string => {
  if (amount === null) return '-';
  const digits =
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
  const minor = BigInt(amount);
  const sign = minor < 0n ? '-' : '';
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${sign}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''} ${currency}`;
};

export const formatMoneyByCurrency = (money: Record<string, bigint | number>): string =>
  Object.entries(money)
    .map(([currency, amount]) => formatMoney(amount, currency))
    .join(', ') || '-';

export const formatRate = (rate: number | null): string => (rate === null ? '-' : `${(rate * 100).toFixed(2)} %`);

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

const inUnits = (ms: number): string[] => {
  let rest = ms;
  return UNITS.map(([size, name]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count} ${name}`;
  });
};

/** In its two largest units, rounded to the smaller one as the dashboard does: `4 min 12 s`. */
export const formatDuration = (ms: number | null): string => {
  if (ms === null) return '-';
  if (ms < 1_000) return `${ms} ms`;
  const largest = UNITS.findIndex(([size]) => ms >= size);
  const [step] = UNITS[Math.min(largest + 1, UNITS.length - 1)] ?? [1_000];
  const rounded = inUnits(Math.round(ms / step) * step);
  const first = rounded.findIndex((part) => part !== '');
  return rounded
    .slice(first, first + 2)
    .filter((part) => part !== '')
    .join(' ');
};
