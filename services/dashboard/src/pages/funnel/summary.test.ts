import { expect, test } from 'vitest';
import { funnelFixture } from '../../../dev/fixtures.ts';
import { describeFunnel, largestDrop } from './summary.ts';

test('the largest drop is the largest share lost, not the largest number', () => {
  const { stages } = funnelFixture();
  expect(largestDrop(stages)).toMatchObject({ from: { stage: 'product_view' }, to: { stage: 'add_to_cart' } });
});

test('a funnel nobody entered has no largest drop', () => {
  expect(largestDrop(funnelFixture(0).stages)).toBeNull();
  expect(largestDrop([])).toBeNull();
});

test('the picture is said in words', () => {
  expect(describeFunnel(funnelFixture())).toMatch(/^Funnel by visitor: Visit 48,213, Product view 31,904 \(66\.2% of/);
});
