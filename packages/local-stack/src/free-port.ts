import { createServer } from 'node:net';

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
