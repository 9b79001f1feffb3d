export interface KafkaLayout {
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
}

const MiB = 1024 * 1024;

/** server.properties of a single KRaft node (broker and controller in one) that shares a small machine. */
export const serverProperties = ({ dataDir, port, controllerPort }: KafkaLayout): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    // A topic made by a misspelt name, or remade behind a consumer that had it deleted, would hide a defect.
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
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
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
