import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { readConverted } from './converted.ts';
import { piecesOf } from './pieces.ts';

const DAY = 86_400_000;
const FROM = '2024-01-01';
const DAYS = Array.from({ length: 1_100 }, (_, i) => new Date(Date.parse(FROM) + i * DAY).toISOString().slice(0, 10));
const TO = DAYS.at(-1) ?? FROM;
const CURRENCIES = ['CHF', 'CZK', 'DKK', 'GBP', 'HUF', 'JPY', 'NOK', 'PLN', 'SEK', 'USD'];
const ALL = DAYS.flatMap((on_day) => CURRENCIES.map((currency) => ({ on_day, currency })));

/** Every day has amounts in all currencies; each sum is of the days that were asked for. */
const server = () => {
  const asked: { from: string; to: string; longest: number }[] = [];
  const query = async ({ name }: { name: string }, params: Record<string, unknown>) => {
    if (name === 'fx_foreign_days') return ALL.map((each) => ({ what: 'carts', ...each }));
    if (name === 'fx_rates_of_days') return ALL.map((each) => ({ ...each, base: 'EUR', rate: '1.234567890123456789' }));
    const { from, to } = params as { from: string; to: string };
    if (name !== 'fx_carts') return [];
    const lists = Object.values(params).filter(Array.isArray);
    asked.push({ from, to, longest: Math.max(...lists.map((list) => JSON.stringify(list).length)) });
    return [{ standing: 'left', total: BigInt(DAYS.filter((day) => from <= day && day <= to).length) }];
  };
  return { clickhouse: { query } as unknown as ClickHouse, asked };
};

test('a long period of many currencies is turned in pieces that a server takes, each day once', async () => {
  const { clickhouse, asked } = server();
  const params = { store_id: 's', from: FROM, to: TO, as_of: 0 };
  const converted = await readConverted(clickhouse, params, { fx_source: 'ecb', currency: 'EUR' }, 'refund');
  expect(converted?.carts).toMatchObject({ value: 1_100n, left: 1_100n });
  expect(converted).toMatchObject({ rate_days: { from: FROM, to: TO }, missing: [] });
  expect(Math.max(...asked.map(({ longest }) => longest))).toBeLessThan(64 * 1_024);
});

test('pieces follow each other without a gap, also over days that need no rate', () => {
  const factor = (day: string, currency: string) => ({ day, currency, numerator: 1n, denominator: 1n });
  const factors = [factor('2026-01-03', 'USD'), factor('2026-01-03', 'JPY'), factor('2026-01-09', 'USD')];
  const cut = (most: number) =>
    piecesOf({ from: '2026-01-01', to: '2026-01-31' }, factors, most).map(({ from, to, factors: own }) => [
      from,
      to,
      own.length,
    ]);
  expect(cut(1)).toEqual([
    ['2026-01-01', '2026-01-08', 2],
    ['2026-01-09', '2026-01-31', 1],
  ]);
  expect(cut(3)).toEqual([['2026-01-01', '2026-01-31', 3]]);
});
