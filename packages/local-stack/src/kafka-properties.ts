/** One more address at which the broker takes clients. What its protocol needs is told by properties. */
export interface KafkaListener {
  readonly port: number;
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
}

/** What all nodes of a cluster are told alike: who may vote, by node id and port. */
export interface KafkaQuorum {
  readonly clusterId: string;
  readonly controllerPorts: readonly number[];
}

export interface KafkaLayout {
  readonly dataDir: string;
  /** From 1. */
  readonly nodeId: number;
  readonly port: number;
  /** Of the node ids 1, 2, ... */
  readonly controllerPorts: readonly number[];
  /** Beside the plaintext one, by name. */
  readonly listeners?: Readonly<Record<string, KafkaListener>> | undefined;
  /** Settings of one's own, over the others. */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined;
}

const MiB = 1024 * 1024;

/** server.properties of a KRaft node (broker and controller in one) that shares a small machine. */
export const serverProperties = ({
  dataDir,
  nodeId,
  port,
  controllerPorts,
  listeners = {},
  properties,
}: KafkaLayout): string => {
  const ofClients = Object.entries({ PLAINTEXT: { port, protocol: 'PLAINTEXT' }, ...listeners });
  const addresses = ofClients.map(([name, listener]) => `${name}://127.0.0.1:${listener.port}`).join(',');
  const voters = controllerPorts.map((controllerPort, index) => `${index + 1}@127.0.0.1:${controllerPort}`).join(',');
  const replicas = Math.min(3, controllerPorts.length);
  const minInsync = Math.max(1, replicas - 1);
  const protocols = ofClients.map(([name, { protocol }]) => `${name}:${protocol}`).join(',');
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': voters,
    listeners: `${addresses},CONTROLLER://127.0.0.1:${controllerPorts[nodeId - 1]}`,
    'advertised.listeners': addresses,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `${protocols},CONTROLLER:PLAINTEXT`,
    'log.dirs': dataDir,
    // A topic made by a misspelt name, or remade behind a consumer that had it deleted, would hide a defect.
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': minInsync,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInsync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInsync,
    // How long a killed broker, started again, has to wait before it is let in (9 s by default).
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    // The defaults are for a machine of its own: 50 internal partitions, 128 MiB for the cleaner, 10 MiB an index.
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.num.partitions': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 8 * MiB,
    'log.index.size.max.bytes': 2 * MiB,
    ...properties,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};
