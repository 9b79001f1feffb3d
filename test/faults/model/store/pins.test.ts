import { expect, test } from 'vitest';
import { presentPins, writtenPins } from './pins.ts';

test('every query is asked in a text that its answer was written for', () => {
  const [present, written] = [presentPins(), writtenPins()];
  expect(Object.keys(written)).toEqual(Object.keys(present));
  const unknown = Object.entries(present).filter(([name, hashes]) =>
    hashes.some((hash) => !written[name]?.includes(hash)),
  );
  expect(unknown).toEqual([]);
});
