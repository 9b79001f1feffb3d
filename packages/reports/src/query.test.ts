import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { ReportError } from './errors.ts';
import { checkPeriod } from './query.ts';

const query = { store_id: 's', definition: DEFAULT_DEFINITION, from: '2026-01-01', to: '2026-01-31' };
const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof ReportError) return { code: error.code, field: error.field };
    throw error;
  }
  return null;
};

test('a day that is none is refused by its name', () => {
  for (const from of ['2026-02-30', '2026-1-1', 'yesterday', '', '2026-13-01'])
    expect(refusal(() => checkPeriod({ from, to: '2026-12-31' }))).toEqual({ code: 'bad_day', field: 'from' });
  expect(refusal(() => checkPeriod(query))).toBeNull();
});

test('a period that ends before it begins, or has no end in sight, is refused', () => {
  expect(refusal(() => checkPeriod({ from: '2026-02-01', to: '2026-01-31' }))).toEqual({
    code: 'bad_period',
    field: 'to',
  });
  expect(refusal(() => checkPeriod({ from: '2016-01-01', to: '2026-01-31' }))).toEqual({
    code: 'bad_period',
    field: 'from',
  });
});
