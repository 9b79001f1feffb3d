import { describe, expect, test } from 'vitest';
import { createHarness, problemOf } from '../harness.ts';

const { setUp, stores } = createHarness();

describe('rates of exchange', () => {
  const RATE = { source: 'ecb', day: '2026-11-01', currency: 'USD', base: 'EUR', rate: '0.921300000000000001' };

  test('are stored from an array or from lines, exactly as they were written', async () => {
    const { call, stored, api } = setUp();
    const answer = await call('admin', '/api/v1/fx-rates', 'POST', [RATE, { ...RATE, currency: 'JPY', rate: 0.0058 }]);
    expect([answer.status, await answer.json()]).toEqual([200, { stored: 2 }]);
    const lines = await api.app.request('/api/v1/fx-rates', {
      method: 'POST',
      headers: { authorization: `Bearer ${stores().tokens.admin}`, 'content-type': 'application/x-ndjson' },
      body: `${JSON.stringify(RATE)}\n\n${JSON.stringify({ ...RATE, currency: 'KWD' })}\n`,
    });
    expect(await lines.json()).toEqual({ stored: 2 });
    expect(stored).toEqual([RATE, { ...RATE, currency: 'JPY', rate: '0.0058' }, RATE, { ...RATE, currency: 'KWD' }]);
    expect(await (await call('read', '/api/v1/fx-rates')).json()).toMatchObject({
      rates: [{ source: 'ecb', currency: 'USD', from: '2026-11-01' }, {}, {}, {}],
    });
  });

  test.each([
    [[RATE, { ...RATE, rate: '0' }], '1.rate'],
    [[{ ...RATE, day: '2026-02-30' }], '0.day'],
    [[{ ...RATE, rate: 1e-7 }], '0.rate'],
    [[{ ...RATE, rate: null }], '0.rate'],
    [[{ ...RATE, comment: 'x' }], 'comment'],
    [{ rates: [] }, undefined],
  ])('%j: one wrong and none is stored', async (body, field) => {
    const { call, stored } = setUp();
    const refused = await problemOf(await call('admin', '/api/v1/fx-rates', 'POST', body));
    expect([refused.status, refused.field]).toEqual([400, field]);
    expect(stored).toEqual([]);
  });

  test('more than fits is refused, and what is no JSON', async () => {
    const { call } = setUp();
    expect((await call('admin', '/api/v1/fx-rates', 'POST', '['.padEnd(2_200_000))).status).toBe(413);
    expect(await problemOf(await call('admin', '/api/v1/fx-rates', 'POST', '[{'))).toMatchObject({
      code: 'malformed_json',
    });
  });
});
