import { describe, expect, test } from 'vitest';
import { setUp, visit } from './testing/harness.ts';

describe('browsers', () => {
  const preflight = (app: ReturnType<typeof setUp>['collector']['app'], origin: string) =>
    app.request('/v1/events', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('a page of any origin may send, and read when to come again', async () => {
    const { collector, send } = setUp();
    const answer = await preflight(collector.app, 'https://shop.example');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
    const sent = await send([visit()], { origin: 'https://shop.example', authorization: '' });
    expect(sent.status).toBe(401);
    expect(sent.headers.get('access-control-allow-origin')).toBe('*');
    expect(sent.headers.get('access-control-expose-headers')).toContain('Retry-After');
  });

  test('where origins are named, others are not let in', async () => {
    const { collector } = setUp({ allowedOrigins: ['https://shop.example'] });
    const known = await preflight(collector.app, 'https://shop.example');
    expect(known.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const unknown = await preflight(collector.app, 'https://evil.example');
    expect(unknown.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('other methods are answered 405', async () => {
    const { collector } = setUp();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await collector.app.request('/v1/events', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toContain('POST');
    }
  });
});
