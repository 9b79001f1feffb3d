import { makeDefinition } from '@cartledger/control';
import { expect, test } from 'vitest';
import { changesBetween } from './changes.ts';

test('a change is told as old and new', () => {
  const before = makeDefinition({ targets: { visit: 1 } });
  const after = makeDefinition({
    stages: ['visit', 'gold', 'purchase'],
    stage_predicates: {
      gold: {
        type: 'checkout',
        checkout_step: 'payment',
        properties: [
          { property: 'tier', in: ['a'] },
          { property: 'old', exists: false },
          { property: 'price', greater_than: 5 },
        ],
      },
    },
    targets: { purchase: 0.0251 },
    idle_ms: 1_200_000,
    bots: { exclude: false, max_carts_per_day: 500 },
    breakdown_properties: ['tier'],
    fx_source: 'ecb',
  });
  expect(changesBetween(before, after)).toEqual([
    'stages: visit, product_view, add_to_cart, checkout, purchase -> visit, gold, purchase',
    'stage gold: (none) -> checkout.payment and tier in ["a"] and no old and price > 5',
    'targets.purchase: (none) -> 2.51%',
    'idle: 30m -> 20m',
    'breakdown_properties: (none) -> tier',
    'bots.exclude: true -> false',
    'fx_source: (none) -> ecb',
    'targets.visit: 100% -> (none)',
  ]);
  expect(changesBetween(after, after)).toEqual([]);
});
