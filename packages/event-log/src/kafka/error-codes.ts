/**
 * Error codes of Kafka's protocol guide that the requests made here are answered with, under the names kafkajs gives
 * them; the rest is told by its number.
 */
const TYPES: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  9: 'REPLICA_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  35: 'UNSUPPORTED_VERSION',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  78: 'OFFSET_NOT_AVAILABLE',
  87: 'INVALID_RECORD',
};

export const NO_ERROR = 0;
export const OFFSET_OUT_OF_RANGE = 1;

/** What a broker answered instead of doing as it was asked; `type` is what errors.ts judges by. */
export function brokerError(code: number, what: string): Error & { type: string } {
  const type = TYPES[code] ?? `ERROR_${code}`;
  return Object.assign(new Error(`${what}: ${type}`), { name: 'KafkaBrokerError', type });
}
