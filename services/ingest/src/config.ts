import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import type { BatchBounds } from './batcher.ts';

export type IngestConfig = {
  topic: string;
  deadLettersTopic: string;
  /** Of the topics, where they have to be made. */
  partitions: number;
  groupId: string;
  batch: BatchBounds;
  /** Of all partitions together, from the log to the store. */
  maxBytesInFlight: number;
  /** How often stores are read anew, and how often at most when one is missed. */
  stores: { refreshMs: number; minIntervalMs: number };
  /** How often progress is reported. */
  progressMs: number;
  /** How long a partition may stand still before its consumer is started anew. */
  stallMs: number;
  /** How long stopping waits for batches in hand. */
  stopGraceMs: number;
  /** Between attempts while a store does not answer. */
  backoff: { baseMs: number; maxMs: number };
};

export const DEFAULT_CONFIG: IngestConfig = {
  topic: EVENTS_TOPIC,
  deadLettersTopic: DEAD_LETTERS_TOPIC,
  partitions: 4,
  groupId: 'cartledger-ingest',
  batch: { maxRows: 20_000, maxBytes: 16 * 2 ** 20, maxAgeMs: 500 },
  maxBytesInFlight: 64 * 2 ** 20,
  stores: { refreshMs: 3_000, minIntervalMs: 1_000 },
  progressMs: 500,
  stallMs: 30_000,
  stopGraceMs: 10_000,
  backoff: { baseMs: 100, maxMs: 10_000 },
};
