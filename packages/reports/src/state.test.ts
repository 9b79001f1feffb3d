import { DEFAULT_DEFINITION, type DefinitionVersion } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { type StoreState, standingOf } from './state.ts';

const NOON = Date.parse('2027-02-01T12:00:00Z');
const STATE: StoreState = {
  asOf: NOON,
  lastEventAt: NOON,
  definitionVersion: 1,
  keptFrom: '1970-01-01',
  dirty: { funnel: [], cart: [], order: [] },
  cartsSettledAt: 0,
  hasRollups: true,
  announced: 0n,
  written: 0n,
  watchedBehind: [],
};

const second = (change: object, from: string | null = null): DefinitionVersion[] => [
  { from: null, definition: DEFAULT_DEFINITION },
  { from, definition: { ...DEFAULT_DEFINITION, ...change, version: 2 } },
];
const standing = (versions: DefinitionVersion[], state: StoreState = STATE): number => {
  const definition = versions.at(-1)?.definition ?? DEFAULT_DEFINITION;
  return standingOf(state, { store_id: 's', definition, versions, from: '2027-01-01', to: '2027-01-31' });
};

test.each([
  ['other stages', second({ stages: ['visit', 'purchase'] })],
  ['another zone', second({ time_zone: 'Asia/Tokyo' })],
  ['another threshold from the day of the last event on', second({ abandon_ms: 1 }, '2027-02-01')],
])('while %s are being worked in there is no report', (_, versions) => {
  expect(() => standing(versions)).toThrow(expect.objectContaining({ code: 'recounting' }));
  expect(standing(versions, { ...STATE, definitionVersion: 2 })).toBe(NOON);
});

test.each([
  ['targets', second({ targets: { purchase: 0.1 } })],
  ['a source of rates', second({ fx_source: 'ecb' })],
  ['a change from tomorrow on', second({ abandon_ms: 1 }, '2027-02-02')],
])('%s make nothing be counted anew', (_, versions) => {
  expect(standing(versions)).toBe(NOON);
});

test('ledgers of a newer version than the one asked by are waited for too', () => {
  expect(() => standing(second({}).slice(0, 1), { ...STATE, definitionVersion: 2 })).toThrow('counted anew');
});

test('a store without a state has no report, whatever T is asked for', () => {
  const versions = second({}).slice(0, 1);
  const query = { store_id: 's', definition: DEFAULT_DEFINITION, versions, from: '2027-01-01', to: '2027-01-31' };
  expect(() => standingOf({ ...STATE, asOf: null, definitionVersion: null }, { ...query, as_of: NOON })).toThrow(
    expect.objectContaining({ code: 'not_ready' }),
  );
});
