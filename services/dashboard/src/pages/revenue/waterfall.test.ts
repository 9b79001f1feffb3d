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
    const lines = drawnBars(waterfallOf(currencyFixture(0).bridge).bars).map(({ line }) => line);
    expect(lines).toEqual(['gross_sales', 'order_total', 'net']);
    expect(drawnBars(waterfallOf(bridge).bars).map(({ line }) => line)).not.toContain('tax');
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
