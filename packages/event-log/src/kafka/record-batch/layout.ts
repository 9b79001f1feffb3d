/*
 * A record batch of message format 2, the only one since Kafka 0.11 ("Record Batch" in Kafka's protocol guide). Where
 * each field begins, counted in bytes from the batch's first; integers are big-endian.
 */
export const AT = {
  baseOffset: 0,
  /** Bytes that follow this field. */
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  /** CRC-32C of everything from `attributes` to the end. */
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

export const MAGIC = 2;
/** Bytes up to the end of `length`. */
export const PREFIX_BYTES = 12;

/** Of `attributes`: the codec (see codecs.ts), and three bits. */
export const CODEC_MASK = 0x07;
/** The log set the records' time when it appended them: `maxTimestamp`. */
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
/** Holds the end of a transaction instead of records. */
export const CONTROL = 0x20;

/** Length, attributes, timestamp, offset, length of key, length of value, number of headers: a byte each. */
export const MIN_RECORD_BYTES = 7;
