import type { PartitionState } from './batch-guard.ts';
import type { Wait } from './waiting.ts';

export type IngestState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';
export type IngestReadiness = { ready: boolean; state: IngestState; reason: string | null };

/** A partition that this worker has at the moment. */
export type AssignedPartition = {
  partition: number;
  /** This one: host and process. */
  worker: string;
  topicEpoch: string;
  assignmentEpoch: number;
  /** The offset after the last record that is in the store, or where reading began. */
  position: bigint | 'earliest';
  state: PartitionState;
};

/** A shorter wait is a hiccup. */
const TOLERATED_WAIT_MS = 2_000;

/** Ready when it is running, no partition is blocked, and it has not been waiting for a store for more than a moment. */
export const readinessOf = ({
  state,
  partitions,
  wait,
  at,
}: {
  state: IngestState;
  partitions: readonly AssignedPartition[];
  /** The longest there is. */
  wait: Wait | null;
  /** ms UTC. */
  at: number;
}): IngestReadiness => {
  if (state !== 'running') return { ready: false, state, reason: `ingest is ${state}` };
  for (const { partition, state: seen } of partitions) {
    if (seen.name !== 'blocked') continue;
    const range = `offsets ${seen.first} to ${seen.last}`;
    return { ready: false, state, reason: `partition ${partition} is blocked at ${range}: ${seen.code}` };
  }
  if (wait === null || at - wait.since < TOLERATED_WAIT_MS) return { ready: true, state, reason: null };
  const seconds = Math.round((at - wait.since) / 1000);
  return { ready: false, state, reason: `waiting for ${wait.step} for ${seconds} s: ${wait.code}` };
};
