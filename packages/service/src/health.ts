import { Hono } from 'hono';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** True when well; else the reason in words. A throw counts as not well. */
export type Check = () => Promise<true | string> | true | string;
export type Readiness = { ready: boolean; checks: Record<string, { ok: boolean; reason?: string }> };

export type Health = {
  /** Adds a named check to readiness. A name used again replaces its check. */
  check(name: string, check: Check): void;
  readiness(): Promise<Readiness>;
  /** From now on not ready: load balancers send nothing more while the process finishes what it has. */
  stopping(): void;
};

/**
 * Readiness from named checks, all asked at once; one that does not answer within timeoutMs (1 s) is not well.
 * A check that throws is named by its error's code only (the page is open to anyone); the log has the error.
 */
export const createHealth = ({ logger, timeoutMs = 1_000 }: { logger?: Logger; timeoutMs?: number } = {}): Health => {
  const checks = new Map<string, Check>();
  let isStopping = false;

  const ask = async (name: string, check: Check): Promise<true | string> => {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
    try {
      return await Promise.race([Promise.resolve().then(check), late]);
    } catch (error) {
      logger?.warn({ err: error, check: name }, 'a readiness check failed');
      return `failed: ${errorName(error)}`;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    check(name, check) {
      checks.set(name, check);
    },
    async readiness() {
      const answers = await Promise.all(
        [...checks].map(async ([name, check]) => [name, await ask(name, check)] as const),
      );
      const result: Readiness = { ready: !isStopping, checks: {} };
      if (isStopping) result.checks.process = { ok: false, reason: 'stopping' };
      for (const [name, answer] of answers) {
        result.checks[name] = answer === true ? { ok: true } : { ok: false, reason: answer };
        if (answer !== true) result.ready = false;
      }
      return result;
    },
    stopping() {
      isStopping = true;
    },
  };
};

const errorName = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};

/**
 * `/healthz` (the process answers), `/readyz` (every check is well, else 503 with the reasons) and `/metrics`
 * (Prometheus text), to be mounted at a service's root.
 */
export const healthRoutes = ({ health, metrics }: { health: Health; metrics: Metrics }): Hono => {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, NO_STORE));
  app.get('/readyz', async (c) => {
    const { ready, checks } = await health.readiness();
    return c.json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503, NO_STORE);
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.text(), 200, { ...NO_STORE, 'Content-Type': metrics.contentType }),
  );
  return app;
};

const NO_STORE = { 'Cache-Control': 'no-store' };
