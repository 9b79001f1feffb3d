import type { Misfit } from '@cartledger/clickhouse';
import type { TopicSettings } from '@cartledger/event-log';

const DAY_MS = 86_400_000;

/** An outage of a night must not cost events that nobody has read. */
const MIN_RETENTION_MS = DAY_MS;
/** Nobody reads dead letters for Cartledger: a person has to. */
const MIN_DEAD_LETTER_RETENTION_MS = 7 * DAY_MS;
/** The largest event with its key and headers, twice over. */
const MIN_MESSAGE_BYTES = 128 * 1024;

export type TopicFindings = {
  /** What the promise does not hold with. */
  misfits: Misfit[];
  /** What narrows it: told, and gone on with. */
  warnings: Misfit[];
};

const alter = (topic: string, name: string, value: string): string =>
  `kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name ${topic} --add-config ${name}=${value}`;

const ms = (value: number | null): string => (value === null ? 'for ever' : `${value} ms`);

/** What of a topic's settings would lose records, or may under faults that a cluster is made to survive. */
export const findingsOfTopic = (
  topic: string,
  kind: 'events' | 'dead letters',
  settings: TopicSettings,
): TopicFindings => {
  const misfits: Misfit[] = [];
  const warnings: Misfit[] = [];
  const name = (setting: string) => `topic ${topic}: ${setting}`;

  if (settings.cleanupPolicy !== 'delete') {
    misfits.push({
      setting: name('cleanup.policy'),
      found: settings.cleanupPolicy,
      needed: 'delete (compaction keeps one record of a key, and a visitor is one key)',
      remedy: alter(topic, 'cleanup.policy', 'delete'),
    });
  }
  const minRetention = kind === 'events' ? MIN_RETENTION_MS : MIN_DEAD_LETTER_RETENTION_MS;
  if (settings.retentionMs !== null && settings.retentionMs < minRetention) {
    misfits.push({
      setting: name('retention.ms'),
      found: ms(settings.retentionMs),
      needed: `at least ${ms(minRetention)}, or -1`,
      remedy: alter(topic, 'retention.ms', kind === 'events' ? String(7 * DAY_MS) : '-1'),
    });
  }
  if (settings.retentionBytes !== null) {
    warnings.push({
      setting: name('retention.bytes'),
      found: String(settings.retentionBytes),
      needed: '-1: a flood removes what was not read yet',
      remedy: alter(topic, 'retention.bytes', '-1'),
    });
  }
  if (settings.maxMessageBytes < MIN_MESSAGE_BYTES) {
    misfits.push({
      setting: name('max.message.bytes'),
      found: String(settings.maxMessageBytes),
      needed: `at least ${MIN_MESSAGE_BYTES}`,
      remedy: alter(topic, 'max.message.bytes', '1048588'),
    });
  }
  if (settings.uncleanLeaderElection) {
    misfits.push({
      setting: name('unclean.leader.election.enable'),
      found: 'true',
      needed: 'false: a replica that is behind would become the truth',
      remedy: alter(topic, 'unclean.leader.election.enable', 'false'),
    });
  }
  const ofReplicas = findingsOfReplicas(topic, settings);
  return {
    misfits: [...misfits, ...ofReplicas.misfits],
    warnings: [...warnings, ...ofReplicas.warnings],
  };
};

/** One broker is a machine that was meant to be alone; of several, one must be allowed to be lost. */
const findingsOfReplicas = (
  topic: string,
  { brokers, replicationFactor, minInsyncReplicas }: TopicSettings,
): TopicFindings => {
  if (brokers > 1 && replicationFactor < 2) {
    const misfit = {
      setting: `topic ${topic}: replication factor`,
      found: `${replicationFactor}, of ${brokers} brokers`,
      needed: 'at least 2, better 3: a lost broker would take acknowledged events with it',
      remedy: `kafka-reassign-partitions.sh with more replicas for each partition of ${topic}`,
    };
    return { misfits: [misfit], warnings: [] };
  }
  if (replicationFactor >= 3 && minInsyncReplicas < 2) {
    const warning = {
      setting: `topic ${topic}: min.insync.replicas`,
      found: String(minInsyncReplicas),
      needed: `2 or more, of ${replicationFactor}: what one replica alone acknowledged is lost with it`,
      remedy: alter(topic, 'min.insync.replicas', '2'),
    };
    return { misfits: [], warnings: [warning] };
  }
  return { misfits: [], warnings: [] };
};
