import { expect, test } from 'vitest';
import { decodeDeadLetter, encodeDeadLetter, encodeReplay, isStubOf, letterId, toStub } from './dead-letter.ts';
import { IMPORT_HEADER, JUNK_IDS_HEADER, type LogRecord, type ProduceRecord, RECEIVED_AT_HEADER } from './port.ts';

const original: LogRecord = {
  partition: 3,
  offset: 9_007_199_254_740_993n,
  timestamp: 1,
  key: Buffer.from([0xff, 0x00]),
  value: Buffer.from([0xff, 0xfe, 0x7b]),
  headers: {
    [RECEIVED_AT_HEADER]: Buffer.from('1790000000000'),
    [IMPORT_HEADER]: Buffer.from('1'),
    [JUNK_IDS_HEADER]: Buffer.from('2'),
    other: Buffer.from('x'),
  },
};
const origin = { topic: 'storefront-events', topicEpoch: 'epoch-1' };
const reason = { code: 'malformed_json', field: '', message: 'the event is not JSON' };

const asRead = ({ key, value, headers = {} }: ProduceRecord): LogRecord => ({
  partition: 0,
  offset: 0n,
  timestamp: 2,
  key: Buffer.from(key),
  value,
  headers: Object.fromEntries(Object.entries(headers).map(([name, header]) => [name, Buffer.from(header)])),
});

test('a dead letter reads back with its bytes, reason, origin, time of receipt and mark of import', () => {
  expect(decodeDeadLetter(asRead(encodeDeadLetter(original, origin, reason)))).toEqual({
    origin: { ...origin, partition: 3, offset: 9_007_199_254_740_993n },
    reason,
    key: original.key,
    value: original.value,
    stub: null,
    received_at: 1_790_000_000_000,
    imported: true,
    junkIds: 2,
    replayOf: null,
  });
});

test('a record without key, value and headers stays one without, and counts by its timestamp', () => {
  const bare = { ...original, key: null, value: null, headers: {} };
  expect(decodeDeadLetter(asRead(encodeDeadLetter(bare, origin, reason)))).toMatchObject({
    key: null,
    value: null,
    received_at: 1,
    imported: false,
  });
});

test('a stub keeps reason, origin, size and digest', () => {
  const letter = decodeDeadLetter(asRead(toStub(encodeDeadLetter(original, origin, reason))));
  expect(letter).toMatchObject({ reason, origin: { offset: original.offset }, value: null });
  expect(letter?.stub).toMatchObject({ bytes: 3, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
});

test('a record that is no dead letter of ours is null', () => {
  expect(decodeDeadLetter(original)).toBeNull();
  const letter = asRead(encodeDeadLetter(original, origin, reason));
  const bad = { ...letter.headers, 'cartledger-origin-offset': Buffer.from('-1') };
  expect(decodeDeadLetter({ ...letter, headers: bad })).toBeNull();
});

const read = (letter: ProduceRecord) => {
  const decoded = decodeDeadLetter(asRead(letter));
  if (decoded === null) throw new Error('no letter');
  return decoded;
};

test('a replay is the same delivery; what fails again names the letter that was first, however often', () => {
  const first = read(encodeDeadLetter(original, origin, reason));
  const again = encodeReplay(first, first);
  expect(again).toMatchObject({ key: original.key, value: original.value });
  expect(again.headers).toMatchObject({
    [RECEIVED_AT_HEADER]: '1790000000000',
    [IMPORT_HEADER]: '1',
    [JUNK_IDS_HEADER]: '2',
  });
  const failed = (replay: ProduceRecord, offset: bigint) =>
    read(encodeDeadLetter({ ...asRead(replay), partition: 3, offset }, origin, reason));
  const second = failed(again, 9_007_199_254_740_999n);
  expect(second.replayOf).toBe(letterId(first.origin));
  expect(second.received_at).toBe(first.received_at);
  expect(failed(encodeReplay(second, second), 9_007_199_254_741_001n).replayOf).toBe('epoch-1/3/9007199254740993');
});

test('a header that is no identity makes no letter a replay', () => {
  const forged = { ...original, headers: { 'cartledger-replay-of': Buffer.from('x'.repeat(5_000)) } };
  expect(read(encodeDeadLetter(forged, origin, reason)).replayOf).toBeNull();
});

test('the bytes of a stub are known by their digest', () => {
  const { stub } = read(toStub(encodeDeadLetter(original, origin, reason)));
  if (stub === null) throw new Error('no stub');
  expect(isStubOf(stub, original.value)).toBe(true);
  expect(isStubOf(stub, Buffer.from([0xff, 0xfe, 0x7c]))).toBe(false);
  expect(isStubOf(stub, null)).toBe(false);
});
