import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';

describe('differences', () => {
  it('are none between equal bodies', () => {
    const body = () => ({ stages: [{ stage: 'visit', units: 1 }], value: { EUR: 10n }, rate: null });
    expect(differences(body(), body())).toEqual([]);
  });

  it('name the place and both sides', () => {
    expect(
      differences(
        { stages: [{ units: 1 }, { units: 2 }], rate: 0.5 },
        { stages: [{ units: 1 }, { units: 3 }], rate: null },
      ),
    ).toEqual([
      { path: 'stages[1].units', expected: 2, actual: 3 },
      { path: 'rate', expected: 0.5, actual: null },
    ]);
  });

  it('list what only one side has', () => {
    expect(differences({ list: [1, 2], old: 1 }, { list: [1], new: { a: 1 } })).toEqual([
      { path: 'list[1]', expected: 2, actual: undefined },
      { path: 'old', expected: 1, actual: undefined },
      { path: 'new', expected: undefined, actual: { a: 1 } },
    ]);
    expect(differences({ a: {} }, { a: [] })).toEqual([{ path: 'a', expected: {}, actual: [] }]);
  });

  it('take a bigint and the number of its value as equal, beyond 2^53 exactly', () => {
    expect(differences([5n, 0n, 7], [5, -0, 7n])).toEqual([]);
    expect(differences(9_007_199_254_740_993n, 9_007_199_254_740_992n)).toHaveLength(1);
    expect(differences(5n, 5.5)).toHaveLength(1);
  });

  it('leave out the fields they are told to, at any depth', () => {
    expect(
      differences({ as_of: 1, in: { as_of: 1, x: 1 } }, { as_of: 2, in: { x: 2 } }, { ignoredKeys: ['as_of'] }),
    ).toEqual([{ path: 'in.x', expected: 1, actual: 2 }]);
  });

  it('quote keys that are not names', () => {
    expect(differences({ 'a b': { c: 1 } }, { 'a b': { c: 2 } })).toMatchObject([{ path: '["a b"].c' }]);
  });
});
