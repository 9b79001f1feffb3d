import type { BatchToWrite } from '../record-batch/encode.ts';
import { int16, int32, NULL_STRING, string } from './fields.ts';
import { createReader } from './reader.ts';
import type { RawRequest } from './request.ts';

/** Produce, version 7 (Kafka 2.1): the newest without compact fields that says all we need. */
const PRODUCE_KEY = 0;
const PRODUCE_VERSION = 7;

const ALL_IN_SYNC_REPLICAS = -1;
/** For how long the broker waits for the other replicas. */
const ACK_TIMEOUT_MS = 30_000;

export type ProducedPartition = {
  partition: number;
  /** Kafka's number of why this partition's batch was not written; 0: it was. */
  errorCode: number;
};

/** Asks the leader of these partitions to write a batch to each; each is written or refused by itself. */
export function produceRequest(
  topic: string,
  partitions: readonly { partition: number; batch: BatchToWrite }[],
): RawRequest<ProducedPartition[]> {
  const head = Buffer.concat([
    NULL_STRING, // transactional_id
    int16(ALL_IN_SYNC_REPLICAS),
    int32(ACK_TIMEOUT_MS),
    int32(1), // topics
    string(topic),
    int32(partitions.length),
  ]);
  const size = partitions.reduce((sum, { batch }) => sum + 8 + batch.size, head.length);
  const body = Buffer.allocUnsafe(size);
  let at = head.copy(body);
  for (const { partition, batch } of partitions) {
    at = body.writeInt32BE(partition, at);
    at = body.writeInt32BE(batch.size, at);
    batch.write(body, at);
    at += batch.size;
  }
  return {
    apiKey: PRODUCE_KEY,
    apiVersion: PRODUCE_VERSION,
    apiName: 'Produce',
    body,
    decode: decodeProduceResponse,
  };
}

function decodeProduceResponse(payload: Buffer): { answer: ProducedPartition[]; throttleMs: number } {
  const read = createReader(payload);
  const topics = read.array(() => {
    read.string(); // the topic's name
    return read.array((): ProducedPartition => {
      const partition = read.int32();
      const errorCode = read.int16();
      read.skip(8 + 8 + 8); // base_offset, log_append_time_ms, log_start_offset
      return { partition, errorCode };
    });
  });
  return { answer: topics.flat(), throttleMs: read.int32() };
}
