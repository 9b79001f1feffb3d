import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../logger.ts';
import { mendKafkajs } from './mends.ts';

type Answer = { correlationId: number; payload: Buffer };
type Connection = {
  socket: Socket;
  connect(): Promise<boolean>;
  isConnected(): boolean;
  disconnect(): Promise<boolean>;
  send(request: typeof REQUEST): Promise<unknown>;
  requestQueue: { fulfillRequest(answer: Answer): void };
};

const NOTHING = Buffer.alloc(0);
const REQUEST = {
  request: { apiKey: 3, apiVersion: 0, apiName: 'Metadata', encode: async () => ({ buf: NOTHING, buffer: NOTHING }) },
  response: { decode: async (payload: Buffer) => payload, parse: async (payload: Buffer) => payload },
};

const require = createRequire(import.meta.url);

const poll = <T>(probe: () => T) => expect.poll(probe, { timeout: 10_000 });

/** A connection of kafkajs to a server that does nothing by itself. */
const openConnection = async () => {
  mendKafkajs();
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => void accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  const KafkajsConnection = require('kafkajs/src/network/connection.js');
  const socketFactory = require('kafkajs/src/network/socketFactory.js')();
  const logger = { namespace: () => silentLogger };
  const times = { connectionTimeout: 10_000, requestTimeout: 1_000 };
  const connection: Connection = new KafkajsConnection({ host: '127.0.0.1', port, logger, socketFactory, ...times });
  const answers: Answer[] = [];
  connection.requestQueue.fulfillRequest = (answer) => void answers.push(answer);
  const connect = async (): Promise<Socket> => {
    const before = accepted.length;
    await connection.connect();
    await poll(() => accepted.length).toBe(before + 1);
    return accepted.at(-1) ?? expect.fail();
  };
  onTestFinished(async () => {
    await connection.disconnect();
    connection.socket.destroy();
  });
  return { connection, connect, answers };
};

const answerOf = (correlationId: number, payload: string): Buffer => {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + payload.length, 0);
  head.writeInt32BE(correlationId, 4);
  return Buffer.concat([head, Buffer.from(payload)]);
};

test('a broker that is tried again and again while it is away leaves nothing behind on the socket that it closed', async () => {
  const { connection, connect } = await openConnection();
  (await connect()).destroy();
  await poll(() => connection.socket.destroyed).toBe(true);
  for (let tries = 0; tries < 12; tries++) {
    await connection.disconnect();
  }
  expect(connection.socket.listenerCount('connect')).toBeLessThan(3);
});

test('of an answer that was cut in the middle nothing is read into those of the next connection', async () => {
  const { connection, connect, answers } = await openConnection();
  const first = await connect();
  first.end(answerOf(1, 'a long answer of which only the beginning comes').subarray(0, 20));
  await poll(() => connection.socket.destroyed).toBe(true);
  const second = await connect();
  second.write(answerOf(2, 'whole'));
  await poll(() => answers).toMatchObject([{ correlationId: 2, payload: Buffer.from('whole') }]);
});

test('what a former connection says, and that it ends, is not taken for the next one’s', async () => {
  const { connection, connect, answers } = await openConnection();
  const first = await connect();
  await connection.disconnect();
  const second = await connect();
  first.write(answerOf(1, 'late').subarray(0, 9));
  first.end();
  second.write(answerOf(2, 'one'));
  await poll(() => answers.length).toBe(1);
  second.write(answerOf(3, 'two'));
  await poll(() => answers.map(({ correlationId }) => correlationId)).toEqual([2, 3]);
  expect(connection.socket.destroyed).toBe(false);
});

test('the socket before is closed, and not only unheard', async () => {
  const { connection, connect } = await openConnection();
  await connect();
  const { socket } = connection;
  await connection.disconnect();
  await connect();
  expect(socket.destroyed).toBe(true);
});

test('a connection that is in use is left as it is by whoever connects it', async () => {
  const { connection, connect, answers } = await openConnection();
  const broker = await connect();
  const { socket } = connection;
  const answer = answerOf(1, 'in two parts');
  broker.write(answer.subarray(0, 9));
  await poll(() => socket.bytesRead).toBe(9);
  await connection.connect();
  expect(connection.socket).toBe(socket);
  broker.write(answer.subarray(9));
  await poll(() => answers).toMatchObject([{ correlationId: 1 }]);
});

test('a connection that is closed before it is open does not open', async () => {
  const { connection } = await openConnection();
  const opening = connection.connect();
  await connection.disconnect();
  await expect(opening).rejects.toThrow('closed while it connected');
  expect(connection.isConnected()).toBe(false);
  expect(connection.socket.destroyed).toBe(true);
});

test('a request sent at any moment while its connection is closed is told so: none waits for ever', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { connection, connect } = await openConnection();
    const broker = await connect();
    const sent = connection.send(REQUEST).catch(String);
    for (let turn = 0; turn < turns; turn++) await null;
    const closing = connection.disconnect();
    broker.once('data', () => broker.destroy()).once('end', () => broker.destroy());
    expect(await sent).toMatch(/Not connected|Closed connection/);
    await closing;
  }
});
