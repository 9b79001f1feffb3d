import type { TopicSettings } from '../port.ts';

/** What is asked of a topic's configuration. */
export const TOPIC_SETTING_NAMES = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'segment.ms',
  'max.message.bytes',
  'min.insync.replicas',
  'unclean.leader.election.enable',
] as const;

/** Kafka writes -1 for "without end". */
const bounded = (text: string): number | null => (Number(text) < 0 ? null : Number(text));

/** What Kafka tells of a topic, in the port's words. `replicas`: of each partition, how many. */
export function topicSettingsOf(
  entries: ReadonlyMap<string, string | null | undefined>,
  replicas: readonly number[],
  brokers: number,
): TopicSettings {
  return {
    cleanupPolicy: entries.get('cleanup.policy') ?? '',
    retentionMs: bounded(entries.get('retention.ms') ?? '-1'),
    retentionBytes: bounded(entries.get('retention.bytes') ?? '-1'),
    segmentMs: Number(entries.get('segment.ms') ?? 0),
    maxMessageBytes: Number(entries.get('max.message.bytes') ?? 0),
    minInsyncReplicas: Number(entries.get('min.insync.replicas') ?? 1),
    uncleanLeaderElection: entries.get('unclean.leader.election.enable') === 'true',
    replicationFactor: Math.min(...replicas),
    brokers,
  };
}
