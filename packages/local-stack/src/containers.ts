import { randomBytes } from 'node:crypto';
import { KafkaContainer } from '@testcontainers/kafka';
import { GenericContainer, Wait } from 'testcontainers';
import { pinnedProfile } from './clickhouse-config.ts';

// The same versions as docker-compose.yml runs; Confluent Platform 8.1 is Apache Kafka 4.1.
const images = {
  clickhouse: 'clickhouse/clickhouse-server:26.7',
  kafka: 'confluentinc/cp-kafka:8.1.0',
  postgres: 'postgres:18',
};

const startupTimeoutMs = 120_000;

export const startClickHouseContainer = async () => {
  const password = randomBytes(12).toString('hex');
  const container = await new GenericContainer(images.clickhouse)
    .withEnvironment({
      CLICKHOUSE_USER: 'default',
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT: '1',
      TZ: 'UTC',
    })
    .withCopyContentToContainer([
      { content: pinnedProfile(), target: '/etc/clickhouse-server/users.d/cartledger-profile.xml' },
    ])
    .withExposedPorts(8123)
    .withWaitStrategy(Wait.forHttp('/ping', 8123))
    .withStartupTimeout(startupTimeoutMs)
    .start();
  const address = `http://default:${password}@${container.getHost()}:${container.getMappedPort(8123)}`;
  return { address, stop: async () => void (await container.stop()) };
};

export const startKafkaContainer = async () => {
  const container = await new KafkaContainer(images.kafka)
    .withKraft()
    .withEnvironment({ KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0' })
    .withStartupTimeout(startupTimeoutMs)
    .start();
  const address = `${container.getHost()}:${container.getMappedPort(9093)}`;
  return { address, stop: async () => void (await container.stop()) };
};

export const startPostgresContainer = async () => {
  const password = randomBytes(12).toString('hex');
  const container = await new GenericContainer(images.postgres)
    .withEnvironment({ POSTGRES_USER: 'cartledger', POSTGRES_PASSWORD: password, TZ: 'UTC' })
    .withExposedPorts(5432)
    // Twice: the first is the server that makes the database, which takes no connections from outside.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .withStartupTimeout(startupTimeoutMs)
    .start();
  const address = `postgres://cartledger:${password}@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
  return { address, stop: async () => void (await container.stop()) };
};
