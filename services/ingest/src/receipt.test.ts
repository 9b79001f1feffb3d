import { IMPORT_HEADER, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { expect, test } from 'vitest';
import { readReceipt } from './receipt.ts';
import { NOW } from './testing/samples.ts';

const record = (headers: Record<string, string>, timestamp = 1_700_000_000_000) => ({
  partition: 0,
  offset: 0n,
  key: null,
  value: null,
  timestamp,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
});
const now = () => NOW;

test('the time of receipt is the door’s, else the record’s', () => {
  expect(readReceipt(record({ [RECEIVED_AT_HEADER]: '1690000000000' }), now).received_at).toBe(1_690_000_000_000);
  expect(readReceipt(record({}), now).received_at).toBe(1_700_000_000_000);
});

test.each(['', '-1', '1e12', '0x10', '99999999999999999999', 'soon', '1690000000000.5', '999999999999999'])(
  'a header that is no time is passed over: %j',
  (value) => {
    expect(readReceipt(record({ [RECEIVED_AT_HEADER]: value }), now).received_at).toBe(1_700_000_000_000);
  },
);

test('a timestamp that is no time is passed over for now', () => {
  expect(readReceipt(record({}, -1), now).received_at).toBe(NOW);
  expect(readReceipt(record({}, Number.MAX_SAFE_INTEGER), now).received_at).toBe(NOW);
});

test('only the mark of the import door makes an import', () => {
  expect(readReceipt(record({ [IMPORT_HEADER]: '1' }), now).imported).toBe(true);
  expect(readReceipt(record({ [IMPORT_HEADER]: 'true' }), now).imported).toBe(false);
  expect(readReceipt(record({}), now).imported).toBe(false);
});
