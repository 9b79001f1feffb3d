import { join, resolve } from 'node:path';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { freePort } from './free-port.ts';
import { kafkaProgram } from './kafka.ts';
import { type Kafka, launchNode, newClusterId } from './kafka-node.ts';

export interface KafkaClusterOptions {
  /** Every node has a directory of its own in it. */
  readonly dir: string;
  readonly startTimeoutMs?: number;
  /** Lines of every node's server.properties, over those that a small machine is given. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
}

export interface KafkaCluster extends AsyncDisposable {
  /** host:port of every node, separated by commas. */
  readonly brokers: string;
  /** Each can be killed, paused and started again by itself; node id 1 comes first. */
  readonly nodes: readonly Kafka[];
  stop(): Promise<void>;
}

const nodeIds = [1, 2, 3];
const attempts = 3;
/** Nodes that are started again and again: they take a third less of the processor until they take clients. */
const jvm = ['-XX:TieredStopAtLevel=1'];

/**
 * Three KRaft nodes on 127.0.0.1 that end with this process: topics, the internal ones too, have three replicas and
 * take writes while two of them are in sync. Resolves when all of them take clients. Throws as `startKafka` does.
 */
export const startKafkaCluster = async (options: KafkaClusterOptions): Promise<KafkaCluster> => {
  const dir = resolve(options.dir);
  const { startTimeoutMs = 90_000, properties } = options;
  const jars = await kafkaProgram();
  const clusterId = newClusterId();

  const launch = async (): Promise<Kafka[]> => {
    // At once: asked for one after the other, two could be the same.
    const free = await Promise.all([...nodeIds, ...nodeIds].map(() => freePort()));
    const [ports, controllerPorts] = [free.slice(nodeIds.length), free.slice(0, nodeIds.length)];
    const starting = nodeIds.map(async (nodeId) => {
      const nodeDir = join(dir, `node-${nodeId}`);
      const lock = await lockDirectory(join(nodeDir, 'lock'), `the Kafka directory ${nodeDir}`);
      try {
        const quorum = { clusterId, controllerPorts };
        const port = ports[nodeId - 1] ?? 0;
        const node = { dir: nodeDir, jars, jvm, nodeId, port, quorum, startTimeoutMs, listeners: {}, scramUsers: {} };
        return await launchNode({ ...node, properties }, lock);
      } catch (error) {
        lock.release();
        throw error;
      }
    });
    const started = await Promise.allSettled(starting);
    const nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = started.find((each) => each.status === 'rejected');
    if (failed) {
      await Promise.all(nodes.map((node) => node.kill().then(() => node.stop()))); // killed ones keep their locks
      throw failed.reason;
    }
    return nodes;
  };

  for (let attempt = 1; ; attempt++) {
    try {
      const nodes = await launch();
      // All at once: one by one the last would look for a majority that is gone.
      const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
      return { brokers: nodes.map(({ brokers }) => brokers).join(','), nodes, stop, [Symbol.asyncDispose]: stop };
    } catch (error) {
      if (attempt === attempts || !(error instanceof LocalStackError && error.code === 'address_in_use')) throw error;
    }
  }
};
