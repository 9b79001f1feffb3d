import { expect, test } from 'vitest';
import { type FxRate, fxRateProblems } from './fx-rate.ts';

const RATE: FxRate = { source: 'ecb', day: '2026-02-28', currency: 'USD', base: 'EUR', rate: '0.921300000000000001' };

test('a rate that can be used has no problem', () => {
  expect(fxRateProblems(RATE)).toEqual([]);
  expect(fxRateProblems({ ...RATE, rate: '123456789012' })).toEqual([]);
});

test.each([
  [{ source: 'European Central Bank' }, 'source', 'A-Z'],
  [{ source: '' }, 'source', '1 to 64'],
  [{ day: '2026-02-29' }, 'day', 'YYYY-MM-DD'],
  [{ day: '28.2.2026' }, 'day', '28.2.2026'],
  [{ day: '1900-01-01' }, 'day', '1970'],
  [{ currency: 'usd' }, 'currency', 'capitals'],
  [{ base: 'XXX' }, 'base', 'ISO 4217'],
  [{ base: 'USD' }, 'base', 'itself'],
  [{ rate: '0' }, 'rate', 'above 0'],
  [{ rate: '0.000' }, 'rate', 'above 0'],
  [{ rate: '-1' }, 'rate', 'plain decimal'],
  [{ rate: '1e3' }, 'rate', 'plain decimal'],
  [{ rate: '1,5' }, 'rate', '"1,5"'],
  [{ rate: '0.1234567890123456789' }, 'rate', '18'],
  [{ rate: '' }, 'rate', '""'],
])('%j is refused, naming %s and %s', (change, field, said) => {
  expect(fxRateProblems({ ...RATE, ...change })).toEqual([
    { field, message: expect.stringMatching(new RegExp(`^${field} is .*${said.replace('.', '\\.')}`)) },
  ]);
});

test('all that is wrong is told', () => {
  const wrong = { source: '', day: '', currency: '', base: '', rate: '' };
  expect(fxRateProblems(wrong).map(({ field }) => field)).toEqual(['source', 'day', 'currency', 'base', 'rate']);
});
