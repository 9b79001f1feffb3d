import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../logger.ts';
import { mendKafkajs } from './mends.ts';

type Connection = { socket: Socket; connect(): Promise<boolean>; disconnect(): Promise<boolean> };

const require = createRequire(import.meta.url);

test('a broker that is tried again and again while it is away leaves nothing behind on the socket that it closed', async () => {
  mendKafkajs();
  const accepted: Socket[] = [];
  const server = createServer((socket) => void accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  const KafkajsConnection = require('kafkajs/src/network/connection.js');
  const socketFactory = require('kafkajs/src/network/socketFactory.js')();
  const logger = { namespace: () => silentLogger };
  const times = { connectionTimeout: 1_000, requestTimeout: 1_000 };
  const connection: Connection = new KafkajsConnection({ host: '127.0.0.1', port, logger, socketFactory, ...times });
  await connection.connect();
  await expect.poll(() => accepted.length).toBe(1);
  accepted[0]?.destroy();
  await expect.poll(() => connection.socket.destroyed).toBe(true);
  for (let tries = 0; tries < 12; tries++) {
    await connection.disconnect();
  }
  expect(connection.socket.listenerCount('connect')).toBeLessThan(3);
});
