import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDuration, printDuration } from './duration.ts';

test.each([
  ['7d', 604_800_000],
  ['12h', 43_200_000],
  ['90m', 5_400_000],
  ['2s', 2_000],
  ['0s', 0],
  ['500ms', 500],
])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(['', '7', '1.5h', '-1d', '7 d', '7D', '1w', '1h30m', '999999999999999d', 'd', '1_000s'])(
  '%j is no duration',
  (text) => expect(parseDuration(text)).toBeNull(),
);

test('what is printed is read back as the same', () => {
  expect([604_800_000, 5_400_000, 3_600_000, 1_500, 0].map(printDuration)).toEqual([
    '7d',
    '90m',
    '1h',
    '1500ms',
    '0ms',
  ]);
  fc.assert(fc.property(fc.nat({ max: 40_000_000_000 }), (ms) => parseDuration(printDuration(ms)) === ms));
});
