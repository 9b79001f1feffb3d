import type { ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import {
  abandonmentFixture,
  currencyFixture,
  funnelFixture,
  revenueFixture,
  storeFixture,
} from '../../dev/fixtures.ts';
import { type Shop, ShopContext } from '../layout/shop.ts';
import { Abandonment } from './abandonment/page.tsx';
import { Funnel } from './funnel/page.tsx';
import { RevenueOf } from './revenue/page.tsx';

const shopOf = (currency: string): Shop => ({
  store: storeFixture('shop', currency),
  view: { choice: { kind: 'preset', preset: 'today' }, currency: null, refundsOn: 'refund' },
  today: '2026-11-22',
  period: { from: '2026-11-22', to: '2026-11-22' },
  setView: () => undefined,
});

const render = (page: ReactNode, currency = 'EUR'): string =>
  renderToString(<ShopContext value={shopOf(currency)}>{page}</ShopContext>);

const NONSENSE = /NaN|undefined|Infinity|\[object/;

describe('pages', () => {
  test('show the numbers of the report', () => {
    expect(render(<Funnel report={funnelFixture()} />)).toContain('48,213');
    expect(render(<Abandonment report={abandonmentFixture()} />)).toContain('€358,546.10');
    expect(render(<RevenueOf report={revenueFixture()} />)).toContain('€272,060.65');
  });

  test('a stage that has a target stands beside it, the others beside none', () => {
    const report = funnelFixture();
    expect(render(<Funnel report={report} />)).not.toContain('Target');
    const html = render(<Funnel report={report} targets={{ purchase: 0.5, add_to_cart: 0.001 }} />);
    expect(html).toContain('50.0% missed');
    expect(html).toContain('0.1% reached');
  });

  test('reports of nothing show zeros and dashes, never nonsense', () => {
    const zero = [
      render(<Funnel report={funnelFixture(0)} />),
      render(<Funnel report={{ ...funnelFixture(0), stages: [] }} />),
      render(<Abandonment report={abandonmentFixture(0)} />),
      render(<RevenueOf report={revenueFixture({}, { EUR: currencyFixture(0) })} />),
      render(<RevenueOf report={revenueFixture({}, {})} />),
    ];
    for (const html of zero) expect(html).not.toMatch(NONSENSE);
    expect(zero[2]).toContain('–');
  });

  test('it is said on which day refunds count', () => {
    expect(render(<RevenueOf report={revenueFixture()} />)).toContain('charged back on these days.');
    const html = render(<RevenueOf report={{ ...revenueFixture(), refunds_on: 'order' }} />);
    expect(html).toContain('charged back of the orders of these days, whenever that was.');
    expect(html).not.toContain('charged back on these days');
  });

  test('large amounts and several currencies stay exact and apart', () => {
    const html = render(<Abandonment report={abandonmentFixture(1e6, {}, ['JPY', 'EUR'])} />, 'JPY');
    expect(html).toContain('JP¥35,854,610,000,000');
    expect(html).toContain('€89,636,525,000.00');
    expect(html).not.toMatch(NONSENSE);
  });

  test('a difference of one minor unit is an alarm, none is said to reconcile', () => {
    const wrong = render(<RevenueOf report={revenueFixture({}, { EUR: currencyFixture(1, 1) })} />);
    expect(wrong).toContain('Does not reconcile');
    expect(wrong).toContain('+€0.01');
    expect(wrong).not.toContain('Reconciled.');
    expect(render(<RevenueOf report={revenueFixture()} />)).toContain('Reconciled.');
  });
});
