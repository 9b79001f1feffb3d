import { describe, expect, test } from 'vitest';
import { currencyFixture } from '../../../dev/fixtures.ts';
import { drawnBars, waterfallOf } from './waterfall.ts';

describe('the waterfall', () => {
  const { bridge } = currencyFixture();

  test('each step begins where the one before it ended, and totals stand on zero', () => {
    const { bars, broken } = waterfallOf(bridge);
    expect(broken).toBeNull();
    for (const [index, bar] of bars.entries()) {
      if (bar.kind === 'total') expect([bar.start, bar.end]).toEqual([0, bar.amount]);
      else expect([bar.start, bar.end - bar.start]).toEqual([bars[index - 1]?.end ?? 0, bar.amount]);
    }
    expect(bars.at(-1)).toMatchObject({ line: 'net', end: bridge.at(-1)?.amount });
  });

  test('a total its steps do not add up to is named', () => {
    const wrong = bridge.map((entry) =>
      entry.line === 'order_total' ? { ...entry, amount: entry.amount + 1 } : entry,
    );
    expect(waterfallOf(wrong).broken).toBe('order_total');
  });

  test('draws what moved, and the totals even at zero', () => {
    const shown = (scale: number) => drawnBars(waterfallOf(currencyFixture(scale).bridge).bars);
    expect(shown(0).map(({ label }) => label)).toEqual(['Gross sales', 'Charged to customers', 'Net']);
    expect(shown(1).map(({ label }) => label)).not.toContain('Tax added');
  });

  test('draws orders without a cart as one bar that spans its lines', () => {
    const drawn = drawnBars(waterfallOf(bridge).bars);
    const at = drawn.findIndex(({ label }) => label === 'Orders without a cart');
    const bar = drawn[at];
    expect(bar?.parts.map(({ line }) => line)).toEqual([
      'orders_without_cart.no_add_seen',
      'orders_without_cart.other_channel',
    ]);
    expect(bar?.amount).toBe(bar?.parts.reduce((sum, { amount }) => sum + amount, 0));
    expect(bar?.start).toBe(drawn[at - 1]?.end);
    expect(bar?.end).toBe(drawn[at + 1]?.end);
  });

  test('goes below zero when refunds exceed sales', () => {
    const refunded = [
      { line: 'order_total', amount: 0 },
      { line: 'refunds', amount: -500 },
      { line: 'net', amount: -500 },
    ] as const;
    expect(waterfallOf([...refunded]).bars.map(({ start, end }) => [start, end])).toEqual([
      [0, 0],
      [0, -500],
      [0, -500],
    ]);
  });
});
