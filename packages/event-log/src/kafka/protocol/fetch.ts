import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import type { AbortedTransaction } from '../record-batch/transactions.ts';
import { array, int8, int32, int64, string } from './fields.ts';
import { createReader, type Reader } from './reader.ts';
import type { RawRequest } from './request.ts';

/** Fetch, version 11 (Kafka 2.3): the newest that names topics, not ids, without compact fields. */
export const FETCH_KEY = 1;
const FETCH_VERSION = 11;

export const NO_REPLICA = -1;
export const READ_COMMITTED = 1;
/** No fetch session: each request names all it wants. */
export const NO_SESSION = { id: 0, epoch: -1 };
export const UNKNOWN_EPOCH = -1;
export const UNKNOWN_OFFSET = -1n;
const NO_RACK = '';
export const MIN_BYTES = 1;
/** Of all partitions together, roughly. */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

export type FetchPartition = { partition: number; from: bigint };

export type FetchLimits = {
  /** Roughly: a batch larger than that is answered whole, alone. */
  maxBytesPerPartition: number;
  /** For how long the broker may wait for the first record. */
  maxWaitMs: number;
};

export type FetchedPartition = {
  partition: number;
  /** Kafka's number of what went wrong with this partition; 0: nothing. */
  errorCode: number;
  /** The offset after the last record that all in-sync replicas have. */
  highWatermark: bigint;
  /** The first offset of the transactions still open, or the high watermark. */
  lastStableOffset: bigint;
  aborted: AbortedTransaction[];
  /** Record batches, the last one perhaps cut off: see record-batch/record-set.ts. */
  bytes: Buffer;
};

/** Asks for committed records. The partitions named first are answered first: those behind the limit get nothing. */
export function fetchRequest(
  topic: string,
  partitions: readonly FetchPartition[],
  { maxBytesPerPartition, maxWaitMs }: FetchLimits,
): RawRequest<FetchedPartition[]> {
  const asked = partitions.map(({ partition, from }) =>
    Buffer.concat([
      int32(partition),
      int32(UNKNOWN_EPOCH),
      int64(from),
      int64(UNKNOWN_OFFSET), // log_start_offset, of followers only
      int32(maxBytesPerPartition),
    ]),
  );
  return {
    apiKey: FETCH_KEY,
    apiVersion: FETCH_VERSION,
    apiName: 'Fetch',
    body: Buffer.concat([
      int32(NO_REPLICA),
      int32(maxWaitMs),
      int32(MIN_BYTES),
      int32(MAX_ANSWER_BYTES),
      int8(READ_COMMITTED),
      int32(NO_SESSION.id),
      int32(NO_SESSION.epoch),
      array([Buffer.concat([string(topic), array(asked)])]),
      array([]), // forgotten_topics_data, of sessions only
      string(NO_RACK),
    ]),
    decode: decodeFetchResponse,
  };
}

function decodeFetchResponse(payload: Buffer): { answer: FetchedPartition[]; throttleMs: number } {
  const read = createReader(payload);
  const throttleMs = read.int32();
  const errorCode = read.int16();
  if (errorCode !== KAFKA_ERROR.NONE) {
    throw brokerError(errorCode, 'a fetch was refused');
  }
  read.skip(4); // session_id
  const topics = read.array(() => {
    read.string(); // the topic's name
    return read.array(() => readPartition(read));
  });
  return { answer: topics.flat(), throttleMs };
}

function readPartition(read: Reader): FetchedPartition {
  const partition = read.int32();
  const errorCode = read.int16();
  const highWatermark = read.int64();
  const lastStableOffset = read.int64();
  read.skip(8); // log_start_offset
  const aborted = read.array(() => ({ producerId: read.int64(), firstOffset: read.int64() }));
  read.skip(4); // preferred_read_replica
  return { partition, errorCode, highWatermark, lastStableOffset, aborted, bytes: read.bytes() };
}
