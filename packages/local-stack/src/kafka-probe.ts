import { connect } from 'node:net';

const metadataKey = 3;
const timeoutMs = 2000;

/**
 * True when the broker at 127.0.0.1:`port` belongs to the cluster and has been let in by its controller: from then on it
 * takes clients. Spoken by hand (Kafka protocol, Metadata version 2), because the client library belongs to
 * packages/event-log.
 */
export const brokerAnswers = async (port: number, clusterId: string): Promise<true | undefined> => {
  const { promise, resolve } = Promise.withResolvers<true | undefined>();
  const socket = connect({ host: '127.0.0.1', port });
  const giveUp = () => resolve(undefined);
  socket.setTimeout(timeoutMs, giveUp);
  socket.once('error', giveUp).once('close', giveUp);
  socket.once('connect', () => socket.write(metadataRequest()));
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const metadata = readMetadata(received);
      resolve((metadata.clusterId === clusterId && metadata.ports.includes(port)) || undefined);
    }
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
};

/** size, api key, api version, correlation id, client id (null), topics (none) */
export const metadataRequest = (): Buffer => {
  const request = Buffer.alloc(18);
  request.writeInt32BE(14, 0);
  request.writeInt16BE(metadataKey, 4);
  request.writeInt16BE(2, 6);
  request.writeInt32BE(1, 8);
  request.writeInt16BE(-1, 12);
  request.writeInt32BE(0, 14);
  return request;
};

/** Reads size, correlation id, the brokers (node id, host, port, rack) and the cluster's id. */
export const readMetadata = (response: Buffer): { clusterId: string; ports: number[] } => {
  let at = 8;
  const int32 = () => {
    at += 4;
    return response.readInt32BE(at - 4);
  };
  const string = () => {
    const length = Math.max(0, response.readInt16BE(at)); // -1: null
    at += 2 + length;
    return response.toString('utf8', at - length, at);
  };
  const ports = Array.from({ length: int32() }, () => {
    int32();
    string();
    const port = int32();
    string();
    return port;
  });
  return { ports, clusterId: string() };
};
