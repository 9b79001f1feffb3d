import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOffsetSet } from './audit-offsets.ts';

test('it has what was added and nothing else, wherever it lies', () => {
  const offsets = fc.array(fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(65_530n, 65_540n), fc.bigInt(0n, 2n ** 53n)));
  fc.assert(
    fc.property(offsets, offsets, (added, asked) => {
      const set = createOffsetSet();
      for (const offset of added) set.add(offset);
      const expected = new Set(added);
      expect(set.size).toBe(expected.size);
      for (const offset of [...added, ...asked]) expect(set.has(offset)).toBe(expected.has(offset));
    }),
  );
});
