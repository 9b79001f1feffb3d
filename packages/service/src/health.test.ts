import { expect, test } from 'vitest';
import { createHealth, healthRoutes } from './health.ts';
import { createMetrics } from './metrics.ts';

const setUp = (timeoutMs = 1_000) => {
  const health = createHealth({ timeoutMs });
  const metrics = createMetrics();
  return { health, metrics, app: healthRoutes({ health, metrics }) };
};

test('the process is alive whatever its readiness', async () => {
  const { app, health } = setUp();
  health.check('log', () => 'the log does not answer');
  expect((await app.request('/healthz')).status).toBe(200);
});

test('readiness names each check that is not well and why', async () => {
  const { app, health } = setUp(20);
  health.check('fine', () => true);
  health.check('log', () => 'the log does not answer');
  health.check('slow', () => new Promise(() => {}));
  health.check('broken', () => {
    throw Object.assign(new Error('postgres://user:hunter2@host'), { code: 'ECONNREFUSED' });
  });
  const answer = await app.request('/readyz');
  expect(answer.status).toBe(503);
  const body = await answer.text();
  expect(JSON.parse(body).checks).toEqual({
    fine: { ok: true },
    log: { ok: false, reason: 'the log does not answer' },
    slow: { ok: false, reason: 'no answer within 20 ms' },
    broken: { ok: false, reason: 'failed: ECONNREFUSED' },
  });
  expect(body).not.toContain('hunter2');
});

test('a stopping process is not ready', async () => {
  const { app, health } = setUp();
  expect((await app.request('/readyz')).status).toBe(200);
  health.stopping();
  expect((await app.request('/readyz')).status).toBe(503);
});

test('metrics of two registries do not meet', async () => {
  const one = setUp();
  const two = setUp();
  one.metrics.counter('cartledger_test_total', 'Test', ['outcome']).inc({ outcome: 'ok' });
  two.metrics.counter('cartledger_test_total', 'Test');
  let reads = 0;
  two.metrics.gauge('cartledger_test_lag', 'Test', [], (g) => g.set(++reads));
  expect(await (await one.app.request('/metrics')).text()).toContain('cartledger_test_total{outcome="ok"} 1');
  expect(await (await two.app.request('/metrics')).text()).toContain('cartledger_test_lag 1');
});
