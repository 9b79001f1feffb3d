import { expect, test } from 'vitest';
import { heldReason } from './holds.ts';

const held = (code: string) => ({ batch: '', failures: 1, retry_at: 0, code });

test('what anybody may read says how many stores stand still and why, and names none of them', () => {
  expect(heldReason({})).toBeNull();
  const stores = { shoes: held('timeout'), hats: held('component_too_large'), gloves: held('timeout') };
  expect(heldReason(stores)).toBe('ledgers of 3 stores stand still, others go on: timeout, component_too_large');
});
