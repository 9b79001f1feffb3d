import { expect, test } from 'vitest';
import { formatView, parseView, pathOf, resolve, type View } from './view.ts';

test('an address survives being read and written', () => {
  const searches = [
    '',
    'period=last-7-days',
    'from=2026-11-01&to=2026-11-30',
    'period=today&currency=USD',
    'currency=JPY',
    'currency=JPY&refunds_on=order',
  ];
  for (const search of searches) expect(formatView(parseView(search))).toBe(search);
});

test('nonsense in the address is the default view, not a crash', () => {
  const normal: View = { choice: { kind: 'preset', preset: 'last-30-days' }, currency: null, refundsOn: 'refund' };
  for (const search of [
    'period=forever',
    'from=2026-11-01',
    'from=2026-11-30&to=2026-11-01',
    'from=2026-02-30&to=2026-03-01',
    'currency=euro',
    'refunds_on=both',
    '%%%',
  ])
    expect(parseView(search), search).toEqual(normal);
});

test('a preset is a new period every day, chosen days stay', () => {
  expect(resolve(parseView('period=today').choice, '2026-11-22')).toEqual({ from: '2026-11-22', to: '2026-11-22' });
  expect(resolve(parseView('from=2026-01-01&to=2026-01-02').choice, '2026-11-22').from).toBe('2026-01-01');
});

test('a path names store, page and view', () => {
  expect(pathOf('my-shop', 'revenue', parseView(''))).toBe('/stores/my-shop/revenue');
  expect(pathOf('my-shop', 'funnel', parseView('period=today'))).toBe('/stores/my-shop/funnel?period=today');
});
