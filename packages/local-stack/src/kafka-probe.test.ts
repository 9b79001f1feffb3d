import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { brokerAnswers, metadataRequest, readMetadata } from './kafka-probe.ts';

const string = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const nullString = Buffer.from([0xff, 0xff]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const sized = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length), body]);
};

const correlationId = int32(1);
const response = sized(
  correlationId,
  int32(2),
  ...[int32(1), string('127.0.0.1'), int32(9092), nullString],
  ...[int32(2), string('broker.example'), int32(9093), string('rack-a')],
  string('cluster-id'),
  int32(1),
  int32(0),
);

test('the metadata of a cluster is read: every broker and the id, with and without racks', () => {
  expect(readMetadata(response)).toEqual({ ports: [9092, 9093], clusterId: 'cluster-id' });
});

test('the request says its own length', () => {
  expect(metadataRequest().readInt32BE(0)).toBe(metadataRequest().length - 4);
});

const answering = async (chunks: (port: number) => Buffer[]) => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      for (const chunk of chunks(port)) socket.write(chunk);
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: address !== null && typeof address === 'object' ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

const metadataOf = (port: number, clusterId: string) =>
  sized(correlationId, int32(1), int32(1), string('127.0.0.1'), int32(port), nullString, string(clusterId));

test('a broker counts as up when it answers for its own cluster, in however many pieces', async () => {
  await using broker = await answering((port) => {
    const whole = metadataOf(port, 'mine');
    return [whole.subarray(0, 3), whole.subarray(3)];
  });
  expect(await brokerAnswers(broker.port, 'mine')).toBe(true);
});

test('a broker of another cluster on the same port does not count as ours', async () => {
  await using broker = await answering((port) => [metadataOf(port, 'theirs')]);
  expect(await brokerAnswers(broker.port, 'mine')).toBeUndefined();
});

test('a broker that its controller has not let in yet does not count as up', async () => {
  await using broker = await answering(() => [sized(correlationId, int32(0), string('mine'))]);
  expect(await brokerAnswers(broker.port, 'mine')).toBeUndefined();
});

test('a connection closed without an answer, or refused, is no broker', async () => {
  const closing = await answering(() => []);
  expect(await brokerAnswers(closing.port, 'mine')).toBeUndefined();
  await closing[Symbol.asyncDispose]();
  expect(await brokerAnswers(closing.port, 'mine')).toBeUndefined();
});
