import { describe, expect, test } from 'vitest';
import { control, problemOf, readKey, setUp, visit, writeKey, writeKeyId } from './testing/harness.ts';

describe('who may send', () => {
  test.each([
    ['Authorization', { authorization: 'KEY' }, ''],
    ['a lower-case scheme', { authorization: 'bearer KEY' }, ''],
    ['X-Write-Key', { authorization: '', 'x-write-key': 'KEY' }, ''],
    ['?key=', { authorization: '' }, '?key=KEY'],
  ])('a write key in %s', async (name, headers, query) => {
    const { send } = setUp();
    const filled = Object.fromEntries(
      Object.entries(headers).map(([k, v]) => [
        k,
        v.replace('KEY', name === 'Authorization' ? `Bearer ${writeKey}` : writeKey),
      ]),
    );
    expect((await send([visit()], filled, `/v1/events${query.replace('KEY', writeKey)}`)).status).toBe(202);
  });

  test.each([
    ['no key', '', 401, 'no_key'],
    ['another scheme', 'Basic abc', 401, 'no_key'],
    ['a made-up key', `Bearer ck_w_${'0'.repeat(12)}_${'A'.repeat(43)}`, 401, 'bad_key'],
    ['a giant key', `Bearer ${'x'.repeat(10_000)}`, 401, 'bad_key'],
    ['a read key', 'READ', 403, 'wrong_scope'],
  ])('%s is refused and nothing is taken', async (_, authorization, status, code) => {
    const { send, produced } = setUp();
    const answer = await send([visit()], { authorization: authorization.replace('READ', `Bearer ${readKey}`) });
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe(code);
    expect(produced).toEqual([]);
  });

  test('a revoked key is refused within three seconds', async () => {
    const { send, pass } = setUp();
    expect((await send([visit()])).status).toBe(202);
    await control.keys.revoke(writeKeyId);
    pass(3_000);
    expect((await send([visit()])).status).toBe(401);
  });

  test('when keys cannot be checked the sender is told to come again', async () => {
    const { send } = setUp();
    await control.close();
    const answer = await send([visit()]);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});
