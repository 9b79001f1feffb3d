import { describe, expect, test } from 'vitest';
import { createHarness } from './harness.ts';

const { setUp } = createHarness();

describe('every answer', () => {
  test.each(['/', '/funnel', '/openapi.json', '/api/v1/stores', '/nothing.js'])(
    '%s carries the headers that protect',
    async (path) => {
      const { call } = setUp();
      const { headers } = await call(null, path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('access-control-allow-origin')).toBe(path === '/openapi.json' ? '*' : null);
    },
  );

  test('is counted by its route, never by the ids in its path', async () => {
    const { call, metrics } = setUp();
    await call('read', '/api/v1/stores/shop/reports/funnel');
    await call('read', '/api/v1/stores/other/reports/funnel');
    await call('read', '/api/v1/somewhere/else');
    await call(null, '/nothing.js');
    const text = await metrics.text();
    expect(text).toContain(
      'cartledger_api_requests_total{route="/api/v1/stores/:store_id/reports/funnel",status="200"} 1',
    );
    expect(text).toContain(
      'cartledger_api_requests_total{route="/api/v1/stores/:store_id/reports/funnel",status="404"} 1',
    );
    expect(text).not.toContain('other');
    expect(text).not.toContain('somewhere');
  });
});
