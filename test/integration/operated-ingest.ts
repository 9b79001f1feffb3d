/** Ingest as an operator meets it: in this process, with its routes on a port, and its command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { INGEST_BASE } from '@cartledger/operations';
import { createHealth, createMetrics, healthRoutes, serveHttp } from '@cartledger/service';
import type { IngestWorld } from './ingest-world.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

type Ran = { status: number | null; out: string; err: string };

/** The command, as a shell runs it against an address. */
export const cartledger = (at: { url: string; token: string }, args: readonly string[]) => {
  const child = spawn(process.execPath, [CLI, ...args, '--url', at.url, '--token', at.token], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ran = async (): Promise<Ran> => {
    const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { status, out, err };
  };
  return { child, ended: ran() };
};

/** Runs ingest with its routes on a port, which ends with `stack`; ingest ends with its world. */
export const operate = async (world: IngestWorld, stack: AsyncDisposableStack) => {
  const ingest = await world.start({ progressMs: 100, backoff: { baseMs: 50, maxMs: 500 } });
  const app = healthRoutes({ health: createHealth(), metrics: createMetrics() });
  app.route(INGEST_BASE, world.admin(ingest));
  const server = stack.use(await serveHttp({ app, host: '127.0.0.1', port: 0 }));
  const at = { url: server.url, token: world.token };
  const run = (...args: string[]): Promise<Ran> => cartledger(at, args).ended;
  return {
    ingest,
    at,
    run,
    json: async (...args: string[]): Promise<unknown> => {
      const { status, out, err } = await run(...args);
      if (status !== 0) throw new Error(err);
      return JSON.parse(out);
    },
  };
};
