import { brokerError, KAFKA_ERROR } from '../error-codes.ts';
import {
  FETCH_KEY,
  type FetchedPartition,
  type FetchLimits,
  type FetchPartition,
  MAX_ANSWER_BYTES,
  MIN_BYTES,
  NO_REPLICA,
  NO_SESSION,
  READ_COMMITTED,
  UNKNOWN_EPOCH,
  UNKNOWN_OFFSET,
} from './fetch.ts';
import { compactArray, int8, int32, int64, NO_TAGS, unsignedVarint } from './fields.ts';
import { createReader, type Reader } from './reader.ts';
import type { RawRequest } from './request.ts';

/** Fetch, version 13 (Kafka 3.1): the first that names the topic by its id, so that none made in its place answers. */
export const FETCH_BY_ID_VERSION = 13;

/** As `fetchRequest`, of the topic of this id: partitions of any other are answered with UNKNOWN_TOPIC_ID. */
export function fetchByIdRequest(
  topicId: string,
  partitions: readonly FetchPartition[],
  { maxBytesPerPartition, maxWaitMs }: FetchLimits,
): RawRequest<FetchedPartition[]> {
  const asked = partitions.map(({ partition, from }) =>
    Buffer.concat([
      int32(partition),
      int32(UNKNOWN_EPOCH),
      int64(from),
      int32(UNKNOWN_EPOCH), // of the record before: the log is not asked whether it still has that one
      int64(UNKNOWN_OFFSET), // log_start_offset, of followers only
      int32(maxBytesPerPartition),
      NO_TAGS,
    ]),
  );
  return {
    apiKey: FETCH_KEY,
    apiVersion: FETCH_BY_ID_VERSION,
    apiName: 'Fetch',
    body: Buffer.concat([
      NO_TAGS, // of the header, which the clients' older header does not write
      int32(NO_REPLICA),
      int32(maxWaitMs),
      int32(MIN_BYTES),
      int32(MAX_ANSWER_BYTES),
      int8(READ_COMMITTED),
      int32(NO_SESSION.id),
      int32(NO_SESSION.epoch),
      compactArray([Buffer.concat([Buffer.from(topicId, 'hex'), compactArray(asked), NO_TAGS])]),
      compactArray([]), // forgotten_topics_data, of sessions only
      unsignedVarint(1), // no rack
      NO_TAGS,
    ]),
    decode: decodeResponse,
  };
}

function decodeResponse(payload: Buffer): { answer: FetchedPartition[]; throttleMs: number } {
  const read = createReader(payload);
  read.skipTags(); // of the header
  const throttleMs = read.int32();
  const errorCode = read.int16();
  if (errorCode !== KAFKA_ERROR.NONE) {
    throw brokerError(errorCode, 'a fetch was refused');
  }
  read.skip(4); // session_id
  const topics = read.compactArray(() => {
    read.skip(16); // the topic's id
    const partitions = read.compactArray(() => readPartition(read));
    read.skipTags();
    return partitions;
  });
  read.skipTags();
  return { answer: topics.flat(), throttleMs };
}

function readPartition(read: Reader): FetchedPartition {
  const partition = read.int32();
  const errorCode = read.int16();
  const highWatermark = read.int64();
  const lastStableOffset = read.int64();
  read.skip(8); // log_start_offset
  const aborted = read.compactArray(() => {
    const transaction = { producerId: read.int64(), firstOffset: read.int64() };
    read.skipTags();
    return transaction;
  });
  read.skip(4); // preferred_read_replica
  const bytes = read.compactBytes();
  read.skipTags();
  return { partition, errorCode, highWatermark, lastStableOffset, aborted, bytes };
}
