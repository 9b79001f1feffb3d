import { MAX_EVENT_BYTES } from '@cartledger/events';
import { expect, test } from 'vitest';
import { canonical } from './canonical.ts';
import type { Converted } from './converted.ts';

const convert = async (...chunks: (string | Uint8Array)[]): Promise<Converted[]> => {
  async function* input(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const converted: Converted[] = [];
  for await (const one of canonical(input(), { store_id: 'shop' })) converted.push(one);
  return converted;
};

test('an event is taken as it is, with its received_at and its own store', async () => {
  expect(await convert('{"event_id":"e","store_id":"other","received_at":5,"new":[1]}\n{"a":1}')).toEqual([
    { ok: true, line: 1, event: { event_id: 'e', store_id: 'other', received_at: 5, new: [1] } },
    { ok: true, line: 2, event: { store_id: 'shop', a: 1 } },
  ]);
});

test('a line may be cut anywhere by the stream, inside a character too', async () => {
  const text = '{"name":"Grüße 😀"}\r\n\n{"b":2}\n';
  const bytes = Buffer.from(text);
  const single = Array.from({ length: bytes.length }, (_, index) => bytes.subarray(index, index + 1));
  expect(await convert(...single)).toEqual(await convert(text));
  expect(await convert(text)).toEqual([
    { ok: true, line: 1, event: { store_id: 'shop', name: 'Grüße 😀' } },
    { ok: true, line: 3, event: { store_id: 'shop', b: 2 } },
  ]);
});

test('a bad line is told with its number and reason, and the next is read', async () => {
  const converted = await convert(
    '{"a":1\n[1]\n12\n',
    Uint8Array.from([0x7b, 0xff, 0x7d, 0x0a]),
    `{"a":"${'x'.repeat(MAX_EVENT_BYTES)}"}\n`,
    '{"b":2}\n',
  );
  expect(converted.map((one) => (one.ok ? [one.line, 'taken'] : [one.line, one.reason]))).toEqual([
    [1, 'malformed_json'],
    [2, 'not_an_object'],
    [3, 'not_an_object'],
    [4, 'not_utf8'],
    [5, 'too_large'],
    [6, 'taken'],
  ]);
});

test('a line of just the limit is taken, with or without a return', async () => {
  const line = `{"a":"${'x'.repeat(MAX_EVENT_BYTES - '{"a":""}'.length)}"}`;
  const converted = await convert(`${line}\r\n${line}\n${line.replace('x', 'xx')}\n`);
  expect(converted.map(({ ok }) => ok)).toEqual([true, true, false]);
});
