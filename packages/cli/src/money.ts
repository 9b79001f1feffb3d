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

export const formatDuration = (ms: number | null): string => {
  if (ms === null) return '-';
  if (ms < 1_000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
};
