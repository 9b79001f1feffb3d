/** definitions.md 6: converted totals. */
import { describe, expect, it } from 'vitest';
import { tell } from '../testing/both-engines.ts';
import { convert, type FxRate } from './converted.ts';
import { add, buy, line, refund, type Told } from './scenario.ts';

const DAY = 24 * 60;
const rate = (currency: string, base: string, of: string, day = '2026-01-05'): FxRate => ({
  source: 'ecb',
  day,
  currency,
  base,
  rate: of,
});
const converted = (story: Told[], fxRates: FxRate[], currency = 'EUR') =>
  tell(story, { fxRates, definition: { fx_source: 'ecb', currency } }).converted;

describe('an amount in another currency', () => {
  it('is multiplied by the day’s rate, half-even to the minor unit', () => {
    const rates = [rate('USD', 'EUR', '0.5')];
    expect([1n, 3n, 5n, -1n, -3n].map((amount) => convert(amount, 'USD', 'EUR', rates))).toEqual([0n, 2n, 2n, 0n, -2n]);
    expect(convert(7n, 'EUR', 'EUR', [])).toBe(7n);
  });

  it('minds the decimals of both currencies', () => {
    // 1,000 yen at 0.006 are 6.00 euro; 1.000 dinar at 3 are 3.00 euro.
    expect(convert(1_000n, 'JPY', 'EUR', [rate('JPY', 'EUR', '0.006')])).toBe(600n);
    expect(convert(1_000n, 'KWD', 'EUR', [rate('KWD', 'EUR', '3')])).toBe(300n);
    expect(convert(600n, 'EUR', 'JPY', [rate('EUR', 'JPY', '166.5')])).toBe(999n);
  });

  it('goes over a common base in one step, its own rate being 1', () => {
    const rates = [rate('USD', 'EUR', '0.9'), rate('GBP', 'EUR', '1.2')];
    // 1.00 USD = 0.90 EUR = 0.75 GBP; 1.00 GBP = 1.20 EUR.
    expect(convert(100n, 'USD', 'GBP', rates)).toBe(75n);
    expect(convert(100n, 'EUR', 'GBP', rates)).toBe(83n);
    // 0.05 by 0.9 are 4.5 cents, by 1 / 1.2 are 3.75: 4 if rounded once; at each step it were 4, then 3.
    expect(convert(5n, 'USD', 'GBP', rates)).toBe(4n);
  });

  it('takes the row of the pair itself before any base, and of several bases the first', () => {
    const over = (base: string, target: string) => [rate('USD', base, '1'), rate('GBP', base, target)];
    expect(convert(100n, 'USD', 'GBP', [...over('CHF', '2'), ...over('AUD', '4')])).toBe(25n);
    expect(convert(100n, 'USD', 'GBP', [...over('CHF', '2'), rate('USD', 'GBP', '0.7')])).toBe(70n);
  });

  it('without a rate is nothing that could be told', () => {
    expect(convert(100n, 'USD', 'GBP', [rate('USD', 'EUR', '0.9')])).toBeNull();
  });
});

describe('converted totals', () => {
  const story = [
    add(0, { currency: 'USD', items: [line('A', 101)] }),
    buy(1, 'o1', { currency: 'USD', items: [line('A', 101)], amounts: { total: 111, discount: 0, shipping: 10 } }),
    add(0, { visitor_id: 'w', currency: 'USD', items: [line('A', 3)] }),
    buy(DAY, 'o2', { visitor_id: 'x', items: [], amounts: { total: 50 } }),
    refund(DAY, 'o1', 11, { currency: 'USD' }),
  ];

  it('turn each row at its own day’s rate, then add', () => {
    const rates = [rate('USD', 'EUR', '0.5'), rate('USD', 'EUR', '2', '2026-01-06')];
    expect(converted(story, rates)).toEqual({
      currency: 'EUR',
      source: 'ecb',
      rate_days: { from: '2026-01-05', to: '2026-01-06' },
      missing: [],
      // 101 / 2 = 50.5 and 3 / 2 = 1.5, each to the even neighbour.
      carts: { value: 52n, left: 2n, standing: 0n, emptied: 0n, bought: 50n },
      orders: {
        gross_sales: 100n,
        discounts: 0n,
        tax: 0n,
        shipping: 5n,
        unexplained: 0n,
        // 111 / 2 = 55.5 to 56, and 50; the refund of 11 at 2.
        order_total: 106n,
        refunds: 22n,
        net: 84n,
        net_sales: 78n,
      },
    });
  });

  it('turn a refund at the rate of the day it counts on', () => {
    const rates = [rate('USD', 'EUR', '0.5'), rate('USD', 'EUR', '2', '2026-01-06')];
    const { byOrderDay } = tell(story, { fxRates: rates, definition: { fx_source: 'ecb' } });
    // 11 / 2 = 5.5 to the even neighbour: the whole order refunded there would leave nothing.
    expect(byOrderDay.converted?.orders).toMatchObject({ order_total: 106n, refunds: 6n, net: 100n });
    expect(byOrderDay.converted?.rate_days).toEqual({ from: '2026-01-05', to: '2026-01-05' });
    const first = { to: '2026-01-05', fxRates: rates.slice(0, 1), definition: { fx_source: 'ecb' } };
    expect(tell(story, first).byOrderDay.converted).toMatchObject({ missing: [], orders: { refunds: 6n } });
  });

  it('with a rate missing are null, never 0, and name currency and day', () => {
    expect(converted(story, [rate('USD', 'EUR', '0.5')])).toMatchObject({
      missing: [{ currency: 'USD', day: '2026-01-06' }],
      carts: { value: 52n },
      orders: null,
    });
    expect(converted(story, [rate('USD', 'EUR', '0.5', '2026-01-06')])).toMatchObject({
      rate_days: { from: '2026-01-06', to: '2026-01-06' },
      missing: [{ currency: 'USD', day: '2026-01-05' }],
      carts: null,
      orders: null,
    });
  });

  it('use no other day’s and no other source’s rate', () => {
    const other = { ...rate('USD', 'EUR', '0.5'), source: 'bank' };
    expect(converted(story, [other, rate('USD', 'EUR', '0.5', '2026-01-04')])).toMatchObject({
      rate_days: null,
      carts: null,
    });
  });

  it('of amounts of 0 too need a rate', () => {
    const free = [buy(0, 'o1', { currency: 'USD', items: [], amounts: { total: 0 } })];
    expect(converted(free, [])).toMatchObject({ orders: null, missing: [{ currency: 'USD', day: '2026-01-05' }] });
  });

  it('are null where the store names no source', () => {
    expect(tell(story).converted).toBeNull();
  });
});
