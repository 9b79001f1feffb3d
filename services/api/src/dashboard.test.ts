import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDashboard } from './dashboard.ts';

let dir: string;
const build = (page: string): void => {
  mkdirSync(join(dir, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(dir, 'dist', 'index.html'), page);
  writeFileSync(join(dir, 'dist', 'assets', 'app-1a2b.js'), `/* ${'x'.repeat(2_000)} */`);
  writeFileSync(join(dir, 'secret.txt'), 'secret');
};
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-dashboard-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const setUp = () => createDashboard(join(dir, 'dist'));

describe('dashboard', () => {
  test.each(['/', '/funnel', '/abandonment', '/revenue', '/stores/shop/funnel'])(
    '%s is the app’s page',
    async (path) => {
      build('<p>app</p>');
      const answer = await setUp().request(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(await answer.text()).toBe('<p>app</p>');
    },
  );

  test('a page may run no script but the built ones', async () => {
    build('<p>app</p>');
    const policy = (await setUp().request('/')).headers.get('content-security-policy');
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|http)/);
  });

  test('named files are kept for ever and packed, the page is asked for again', async () => {
    build('<p>app</p>');
    const app = setUp();
    const script = await app.request('/assets/app-1a2b.js', { headers: { 'accept-encoding': 'gzip, br' } });
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('cache-control')).toContain('immutable');
    expect(script.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(Buffer.from(await script.arrayBuffer())).toString()).toContain('xxx');
    const plain = await app.request('/assets/app-1a2b.js');
    expect(plain.headers.get('content-encoding')).toBeNull();
    const etag = plain.headers.get('etag') ?? '';
    expect((await app.request('/assets/app-1a2b.js', { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/app.js%00',
    '/missing.js',
    '/.env',
  ])('%s is not there', async (path) => {
    build('<p>app</p>');
    const answer = await setUp().request(path);
    expect(await answer.text()).not.toContain('secret\n');
    expect(answer.status).toBe(404);
  });

  test('without a build the page says what to do, and a build made later is served', async () => {
    const app = setUp();
    const answer = await app.request('/');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm start');
    build('<p>one</p>');
    expect(await (await app.request('/')).text()).toBe('<p>one</p>');
    build('<p>two</p>');
    utimesSync(join(dir, 'dist', 'index.html'), 1, 1);
    expect(await (await app.request('/')).text()).toBe('<p>two</p>');
  });
});
