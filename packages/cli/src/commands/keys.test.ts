import { expect, test } from 'vitest';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const OF_SHOP = ['--store', 'shop'];
const SECRET = 'ck_w_0123456789ab_0123456789012345678901234567890123456789012';
const KEY = {
  key_id: '0123456789ab',
  scope: 'events:write',
  created_at: '2026-11-01T10:00:00.000Z',
  revoked_at: null,
  events_per_second: 50,
  burst_events: 250,
};
const listed = { body: { keys: [{ ...KEY, key: SECRET }] } };
const revoked = { status: 204, body: '', type: 'text/plain' };

test.each(['table', 'json', 'csv'])('the keys of a store are listed as %s, without what they are', async (format) => {
  const { status, out, asked } = await told([listed], 'keys', 'list', ...OF_SHOP, '--format', format);
  expect({ status, asked }).toEqual({ status: 0, asked: ['GET /api/v1/stores/shop/keys'] });
  for (const shown of [KEY.key_id, KEY.scope, KEY.created_at, '250']) expect(out).toContain(shown);
  expect(out).not.toContain('ck_w');
});

test('the list as JSON is that of the API', async () => {
  const { out } = await told([listed], 'keys', 'list', ...OF_SHOP, '--format', 'json');
  expect(JSON.parse(out)).toEqual([KEY]);
});

test.each([KEY.key_id, SECRET, ` Bearer ${SECRET}`])(
  'a key is revoked by its id, or by itself, which is neither sent nor shown',
  async (key) => {
    const { status, out, err, asked } = await told([revoked], 'keys', 'revoke', key, ...OF_SHOP);
    expect({ status, out, asked }).toEqual({
      status: 0,
      out: '',
      asked: ['DELETE /api/v1/stores/shop/keys/0123456789ab'],
    });
    expect(err).toBe('Key 0123456789ab of store shop is revoked: it is refused everywhere within seconds.\n');
  },
);

test('a key that the store has not ends with status 1, and a store has to be named', async () => {
  const missing = refusal(404, 'unknown_key', 'The store has no key "xxxxxxxxxxxx" that is not revoked yet.');
  expect(await told([missing], 'keys', 'revoke', 'xxxxxxxxxxxx', ...OF_SHOP)).toMatchObject({
    status: 1,
    err: 'The store has no key "xxxxxxxxxxxx" that is not revoked yet. (unknown_key)\n',
  });
  for (const args of [
    ['list'],
    ['revoke', 'xxxxxxxxxxxx'],
    ['list', '--admin', ...OF_SHOP],
    ['revoke', 'xxxxxxxxxxxx', '--admin', ...OF_SHOP],
  ])
    expect(await told([revoked], 'keys', ...args)).toMatchObject({
      status: 2,
      asked: [],
      err: 'whose keys? Give --store ID, or --admin for the admin keys\n',
    });
});

test('what names no key is not repeated: it may be a secret; admin keys are in no instance', async () => {
  const secret = SECRET.slice(2);
  const [unknown, elsewhere] = await Promise.all([
    told([revoked], 'keys', 'revoke', secret, ...OF_SHOP),
    told([listed], 'keys', 'list', '--admin'),
  ]);
  expect(unknown).toMatchObject({ status: 2, asked: [], err: expect.stringMatching(/^which key\?/) });
  expect(unknown.err).not.toContain(secret);
  expect(elsewhere).toMatchObject({ status: 2, asked: [], err: expect.stringContaining('leave out --url') });
});
