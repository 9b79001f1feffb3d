import { describe, expect, test } from 'vitest';
import { funnelFixture, revenueFixture } from '../../dev/fixtures.ts';
import { ApiError, createClient } from './client.ts';

const answering = (
  status: number,
  body: unknown,
): { calls: [string, RequestInit | undefined][]; fetch: typeof fetch } => {
  const calls: [string, RequestInit | undefined][] = [];
  return {
    calls,
    fetch: (input, init) => {
      calls.push([String(input), init]);
      return Promise.resolve(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
    },
  };
};
const period = { store: 'shop', from: '2026-11-01', to: '2026-11-30' };

describe('the API client', () => {
  test('asks for the period and shows its token in the header only', async () => {
    const server = answering(200, funnelFixture());
    await createClient('secret', server.fetch).report('funnel', period);
    const [path, init] = server.calls[0] ?? [];
    expect(path).toBe('/api/v1/stores/shop/reports/funnel?from=2026-11-01&to=2026-11-30');
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer secret');
  });

  test('days of several versions are counted by the newest, and the page is told', async () => {
    const asked: string[] = [];
    const server: typeof fetch = (input) => {
      asked.push(String(input).split('?')[1] ?? '');
      const [status, body] = asked.at(-1)?.includes('definition_version')
        ? [200, { ...funnelFixture(), warnings: [{ code: 'computed_on_demand', message: 'leave out the version' }] }]
        : [409, { error: { code: 'several_versions', message: 'stages differ' } }];
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    };
    const report = await createClient('x', server).report('funnel', { ...period, newest: 3 });
    expect(asked).toEqual(['from=2026-11-01&to=2026-11-30', 'from=2026-11-01&to=2026-11-30&definition_version=3']);
    expect(report.warnings).toEqual([{ code: 'one_version', message: expect.stringContaining('version 3') }]);
    await expect(createClient('x', server).report('funnel', period)).rejects.toMatchObject({
      code: 'several_versions',
    });
  });

  test('which day refunds count on is asked of revenue alone', async () => {
    const server = answering(200, revenueFixture());
    await createClient('x', server.fetch).report('revenue', { ...period, refundsOn: 'order' });
    expect(server.calls[0]?.[0]).toMatch(/&refunds_on=order$/);
    const other = answering(200, funnelFixture());
    await createClient('x', other.fetch).report('funnel', { ...period, refundsOn: 'order' });
    expect(other.calls[0]?.[0]).not.toContain('refunds_on');
  });

  test("a refusal carries the server's own code and words", async () => {
    const server = answering(401, { error: { code: 'bad_token', message: 'unknown key' } });
    await expect(createClient('x', server.fetch).stores()).rejects.toMatchObject({
      code: 'bad_token',
      status: 401,
      message: 'unknown key',
    });
  });

  test("a proxy's page is an error with its status, not a crash", async () => {
    await expect(createClient('x', answering(502, '<html>').fetch).stores()).rejects.toMatchObject({
      code: 'http_error',
      status: 502,
    });
  });

  test('an answer of another shape is refused before a page reads it', async () => {
    const server = answering(200, { report: 'funnel' });
    await expect(createClient('x', server.fetch).report('funnel', period)).rejects.toMatchObject({
      code: 'unexpected_answer',
    });
    const { refunds_on: _, ...older } = revenueFixture();
    await expect(createClient('x', answering(200, older).fetch).report('revenue', period)).rejects.toMatchObject({
      code: 'unexpected_answer',
    });
  });

  test('no answer at all is an error that says so', async () => {
    const down: typeof fetch = () => Promise.reject(new TypeError('fetch failed'));
    const error: unknown = await createClient('x', down)
      .stores()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ code: 'unreachable', status: 0 });
  });
});
