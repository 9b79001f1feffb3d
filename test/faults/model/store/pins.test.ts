import { expect, test } from 'vitest';
import { presentPins, writtenPins } from './pins.ts';

test('every query is asked as it was when its answer was written', () => {
  expect(presentPins()).toEqual(writtenPins());
});
