import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';

export type HttpServerOptions = {
  app: { fetch: Hono['fetch'] };
  host: string;
  /** 0: any free one. */
  port: number;
  /** A request not wholly received by then is cut off with 408: a slow sender holds no connection for ever. */
  requestTimeoutMs?: number;
  headersTimeoutMs?: number;
  /** More are closed as soon as they come. Default: as many as the system gives. */
  maxConnections?: number;
  /** How long answers in the making may take after stop(). */
  drainMs?: number;
};

export type HttpServer = {
  readonly url: string;
  readonly port: number;
  /** Takes no more connections, lets answers in the making end within drainMs, then cuts what is left. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

const PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process: stop that one, or choose another port',
  EADDRNOTAVAIL:
    'cannot be had: the host is no address of this machine: choose one that it has, such as 127.0.0.1 or 0.0.0.0',
  EACCES: 'may not be used by this user: choose a port above 1023',
};

/** The failure to listen, with what to do about it. */
const listenError = (cause: Error, host: string, port: number): Error => {
  const problem = PROBLEMS['code' in cause ? String(cause.code) : ''];
  return problem === undefined ? cause : new Error(`port ${port} of ${host} ${problem}`, { cause });
};

/** Serves the app; resolves when connections are taken, rejects when the address cannot be had. */
export const serveHttp = async ({
  app,
  host,
  port,
  requestTimeoutMs = 30_000,
  headersTimeoutMs = 10_000,
  maxConnections,
  drainMs = 5_000,
}: HttpServerOptions): Promise<HttpServer> => {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      requestTimeout: requestTimeoutMs,
      headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
      keepAliveTimeout: 65_000,
      // The default of 30 s would let a slow sender live half a minute past its limit.
      connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
    },
  });
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  const listening = Promise.withResolvers<void>();
  const refused = (error: Error): void => listening.reject(listenError(error, host, port));
  server.once('error', refused);
  server.listen(port, host, () => listening.resolve());
  await listening.promise;
  server.off('error', refused);

  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      // A kept-alive connection becomes idle only after its last answer, so it is looked for again and again.
      const idle = setInterval(() => {
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      }, 20);
      const cut = setTimeout(() => {
        if ('closeAllConnections' in server) server.closeAllConnections();
      }, drainMs);
      await closed.promise;
      clearTimeout(cut);
      clearInterval(idle);
    })();
    return stopped;
  };
  return { url: `http://${name}:${taken}`, port: taken, stop, [Symbol.asyncDispose]: stop };
};
