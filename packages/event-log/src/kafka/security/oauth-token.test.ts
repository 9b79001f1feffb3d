import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type TokenEndpoint, tokenFromEndpoint, tokenFromFile } from './oauth-token.ts';

type Answer = { status: number; body: unknown };

/** A token endpoint that gives the next of these answers, the last one for ever. */
const endpoint = async (...answers: Answer[]) => {
  const asked: { authorization: string | undefined; form: Record<string, string> }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({
        authorization: request.headers.authorization,
        form: Object.fromEntries(new URLSearchParams(body)),
      });
      const { status, body: said } = answers[Math.min(asked.length, answers.length) - 1] ?? { status: 500, body: {} };
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const settings: TokenEndpoint = {
    url: `http://127.0.0.1:${address.port}/token`,
    clientId: 'in:gest',
    clientSecret: 's/cret',
    extensions: { logicalCluster: 'lkc-1' },
  };
  return { settings, asked };
};

const granted = (access_token: string, expires_in?: number): Answer => ({
  status: 200,
  body: { access_token, ...(expires_in !== undefined && { expires_in }) },
});

test('a token is asked for by client credentials, and kept for most of its life', async () => {
  const { settings, asked } = await endpoint(granted('one', 100), granted('two', 100));
  let now = 0;
  const token = tokenFromEndpoint({ ...settings, scope: 'kafka', audience: 'brokers' }, { now: () => now });
  expect(await token()).toEqual({ value: 'one', extensions: { logicalCluster: 'lkc-1' } });
  now = 79_999;
  expect((await token()).value).toBe('one');
  now = 80_000;
  expect((await token()).value).toBe('two');
  expect(asked).toHaveLength(2);
  expect(asked[0]).toEqual({
    authorization: `Basic ${Buffer.from('in%3Agest:s%2Fcret').toString('base64')}`,
    form: { grant_type: 'client_credentials', scope: 'kafka', audience: 'brokers' },
  });
});

test('many connections ask once', async () => {
  const { settings, asked } = await endpoint(granted('one', 100));
  const token = tokenFromEndpoint(settings);
  const tokens = await Promise.all(Array.from({ length: 5 }, () => token()));
  expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['one']));
  expect(asked).toHaveLength(1);
});

test('while the endpoint fails the old token is used as long as it is valid', async () => {
  const { settings } = await endpoint(granted('one', 100), { status: 503, body: {} });
  let now = 0;
  const token = tokenFromEndpoint(settings, { now: () => now });
  await token();
  now = 99_999;
  expect((await token()).value).toBe('one');
  now = 100_000;
  await expect(token()).rejects.toMatchObject({
    code: 'unavailable',
    retriable: true,
    message: 'OAuth: the token endpoint answered 503',
  });
});

test('without expires_in the token itself says when it ends', async () => {
  const exp = Buffer.from(JSON.stringify({ exp: 100 })).toString('base64url');
  const { settings, asked } = await endpoint(granted(`e30.${exp}.`));
  let now = 0;
  const token = tokenFromEndpoint(settings, { now: () => now });
  await token();
  now = 79_999;
  await token();
  expect(asked).toHaveLength(1);
  now = 80_000;
  await token();
  expect(asked).toHaveLength(2);
});

test('a refusal is final, and tells no secret', async () => {
  const { settings } = await endpoint({ status: 401, body: { error: 'invalid_client s/cret' } });
  const failure = await tokenFromEndpoint(settings)().catch((error: unknown) => error);
  expect(failure).toMatchObject({ retriable: false, message: 'OAuth: the token endpoint answered 401' });
});

test('an answer that is no token is refused', async () => {
  const { settings } = await endpoint({ status: 200, body: ['nothing'] });
  await expect(tokenFromEndpoint(settings)()).rejects.toMatchObject({ retriable: false });
});

test('an endpoint that is not there may be there later', async () => {
  const { settings } = await endpoint(granted('one'));
  const token = tokenFromEndpoint({ ...settings, url: 'http://127.0.0.1:1/token' });
  await expect(token()).rejects.toMatchObject({ retriable: true });
});

test('a token file is read anew each time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-token-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'token');
  const token = tokenFromFile(file, {});
  await expect(token()).rejects.toMatchObject({ retriable: true });
  writeFileSync(file, 'one\n');
  expect((await token()).value).toBe('one');
  writeFileSync(file, 'two');
  expect((await token()).value).toBe('two');
});
