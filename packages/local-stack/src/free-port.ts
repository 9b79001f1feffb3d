import { createServer } from 'node:net';
import { LocalStackError } from './errors.ts';

/**
 * A TCP port of 127.0.0.1 that nobody listens on now. Another process may take it before it is used: whoever starts a
 * server on it tries again with another one when the server says that the address is in use.
 */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject);
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true }, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') reject(new Error('the listening socket has no port'));
    else resolve(address.port);
  });
  try {
    return await promise;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
};

/** Calls `start` with a free port, and with others should somebody have been faster to take it. A given port is kept. */
export const onFreePort = async <T>(given: number | undefined, start: (port: number) => Promise<T>): Promise<T> => {
  if (given) return await start(given);
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === 3 || !(error instanceof LocalStackError && error.code === 'address_in_use')) throw error;
    }
  }
};
