import { setTimeout as delay } from 'node:timers/promises';
import {
  apiVersionsV3,
  type Broker,
  type Connection,
  ConnectionPool,
  findCoordinatorV3,
  metadataV10,
  ResponseError,
  Writer,
} from '@platformatic/kafka';
import { EventLogError } from '../../port.ts';
import type { RawRequest } from '../protocol/request.ts';
import type { ClientSettings } from './client.ts';
import { failureOf, withReason } from './failures.ts';

export type ClusterMetadata = ReturnType<typeof metadataV10.parseResponse>;

/** Connections to a cluster's brokers. Every question is asked once; errors are those that errors.ts judges. */
export type Cluster = {
  /** Topics' own errors, and their partitions', are in the answer. */
  metadata(topics: readonly string[]): Promise<ClusterMetadata>;
  /** Of the brokers known by the last `metadata`. */
  nodeIds(): string[];
  /** Asks the broker of this id, or any. */
  ask<Answer>(nodeId: string | null, question: (connection: Connection) => Promise<Answer>): Promise<Answer>;
  askCoordinator<Answer>(groupId: string, question: (connection: Connection) => Promise<Answer>): Promise<Answer>;
  /** The newest version of a request that the broker took when it was first asked; 0 when it knows none. */
  newestVersion(nodeId: string, apiKey: number): Promise<number>;
  /** A request in our own words, over the client's connection. */
  askRaw<Answer>(nodeId: string, request: RawRequest<Answer>): Promise<Answer>;
  close(): Promise<void>;
};

const METADATA = { key: metadataV10.api.key, version: metadataV10.api.version };
const GROUP = 0;

/** One pool of connections. Nothing is connected before it is asked for. */
export function createCluster({ clientId, bootstrap, connections }: ClientSettings): Cluster {
  const pool = new ConnectionPool(clientId, connections);
  const known = new Map<string, Broker>();
  /** The client says of a request without answer that its connection was closed, but not why. */
  const lastErrors = new WeakMap<Connection, Error>();
  /** A broker that throttles us does not answer; the time until then must not count as the request's. */
  const resting = new Map<string, number>();
  const open = new Set<Connection>();
  const versions = new Map<string, ReadonlyMap<number, number>>();
  let checked = false;
  let closed = false;
  let turn = 0;

  pool.on('connecting', ({ connection }) => {
    open.add(connection);
    connection.on('close', () => open.delete(connection));
    // Also keeps a second error of a connection from ending the process: the pool listens for one only.
    connection.on('error', (error) => {
      open.delete(connection);
      lastErrors.set(connection, error);
    });
  });

  async function over<Answer>(broker: Broker, question: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    if (closed) {
      throw new EventLogError('closed', 'the event log was stopped', { retriable: false }); // never connect again
    }
    let connection: Connection | undefined;
    try {
      connection = await pool.get(broker);
      return await question(connection);
    } catch (error) {
      throw failureOf(withReason(error, connection && lastErrors.get(connection)));
    }
  }

  /** Another one first after each failure: one that takes connections and answers nothing must not be asked for ever. */
  async function anyBroker(): Promise<Broker> {
    const brokers = [...known.values(), ...bootstrap];
    const first = turn % brokers.length;
    let failure: unknown;
    for (const broker of [...brokers.slice(first), ...brokers.slice(0, first)]) {
      try {
        await over(broker, async () => {});
        return broker;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async function askAny<Answer>(question: (connection: Connection) => Promise<Answer>): Promise<Answer> {
    try {
      return await over(await anyBroker(), question);
    } catch (error) {
      turn++;
      throw error;
    }
  }

  async function ask<Answer>(nodeId: string | null, question: (connection: Connection) => Promise<Answer>) {
    if (nodeId === null) {
      return askAny(question);
    }
    const broker = known.get(nodeId);
    if (!broker) {
      throw new EventLogError('unavailable', `Kafka: broker ${nodeId} is not known`, { retriable: true });
    }
    return over(broker, question);
  }

  async function versionsOf(nodeId: string): Promise<ReadonlyMap<number, number>> {
    const { apiKeys } = await ask(nodeId, (connection) => apiVersionsV3.api.async(connection, 'cartledger', '1'));
    const newest = new Map(apiKeys.map(({ apiKey, maxVersion }) => [apiKey, maxVersion]));
    versions.set(nodeId, newest);
    return newest;
  }

  async function checkVersions(): Promise<void> {
    if (checked) {
      return;
    }
    const { apiKeys } = await askAny((connection) => apiVersionsV3.api.async(connection, 'cartledger', '1'));
    const newest = apiKeys.find(({ apiKey }) => apiKey === METADATA.key)?.maxVersion ?? 0;
    if (newest < METADATA.version) {
      throw new EventLogError('unavailable', 'this Kafka has no topic ids: Cartledger needs version 2.8 or newer', {
        retriable: false,
      });
    }
    checked = true;
  }

  return {
    async metadata(topics) {
      await checkVersions();
      const answer = await askAny(async (connection) => {
        try {
          return await metadataV10.api.async(connection, [...topics], false, false, false);
        } catch (error) {
          if (error instanceof ResponseError) {
            // The client throws the whole answer away for the error of one partition, which may be that of a dead broker.
            const response: ClusterMetadata = error.response;
            return response;
          }
          throw error;
        }
      });
      known.clear();
      for (const { nodeId, host, port } of answer.brokers) {
        known.set(String(nodeId), { host, port });
      }
      return answer;
    },
    nodeIds: () => [...known.keys()],
    ask,
    async askCoordinator(groupId, question) {
      const { coordinators } = await askAny((connection) => findCoordinatorV3.api.async(connection, GROUP, [groupId]));
      const [coordinator] = coordinators;
      if (!coordinator) {
        throw new EventLogError('unavailable', `Kafka: no coordinator of group ${groupId}`, { retriable: true });
      }
      return over(coordinator, question);
    },
    async newestVersion(nodeId, apiKey) {
      return (versions.get(nodeId) ?? (await versionsOf(nodeId))).get(apiKey) ?? 0;
    },
    async askRaw(nodeId, request) {
      const restMs = (resting.get(nodeId) ?? 0) - performance.now();
      if (restMs > 0) {
        await delay(restMs);
      }
      const { answer, throttleMs } = await ask(nodeId, (connection) => send(connection, request));
      if (throttleMs > 0) {
        resting.set(nodeId, performance.now() + throttleMs);
      }
      return answer;
    },
    async close() {
      closed = true;
      await pool.close();
      // The pool forgets a new connection when the one before it to the same broker is closed late.
      await Promise.all([...open].map((connection) => connection.close()));
    },
  };
}

/** Sends the body as it is, and decodes the answer from the bytes as they came. */
function send<Answer>(
  connection: Connection,
  { apiKey, apiVersion, body, decode }: RawRequest<Answer>,
): Promise<{ answer: Answer; throttleMs: number }> {
  return new Promise((resolve, reject) => {
    connection.send<{ answer: Answer; throttleMs: number }>(
      apiKey,
      apiVersion,
      () => Writer.create().append(body),
      (_correlationId, _apiKey, _apiVersion, reader) => decode(reader.buffer.slice()),
      false,
      false,
      (error, decoded) => (error || !decoded ? reject(error ?? new Error('no answer')) : resolve(decoded)),
    );
  });
}
