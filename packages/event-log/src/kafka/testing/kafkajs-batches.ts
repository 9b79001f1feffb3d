import { createRequire } from 'node:module';
import { zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { crc32c } from '../record-batch/crc32c.ts';
import { AT, CONTROL, LOG_APPEND_TIME } from '../record-batch/layout.ts';

/*
 * Record batches as kafkajs's own encoder writes them, which is not ours: what other clients send, for tests.
 */

type HeaderValue = string | Buffer | null;

export type BatchRecord = {
  /** offset - base offset; by default one more than that of the record before */
  delta?: number;
  timestamp?: number;
  key?: Buffer | string | null;
  value?: Buffer | string | null;
  headers?: Record<string, HeaderValue | HeaderValue[]>;
};

export type Batch = {
  baseOffset: bigint;
  records: readonly BatchRecord[];
  /** Default: that of the last record. */
  lastDelta?: number;
  baseTimestamp?: number;
  maxTimestamp?: number;
  /** The log has set the time of every record to `maxTimestamp`. */
  logAppendTime?: boolean;
  producerId?: bigint;
  transactional?: boolean;
  control?: boolean;
  /** 0 none, 1 gzip, 2 Snappy, 3 LZ4, 4 zstd */
  codec?: number;
};

type Encoder = { buffer: Buffer };

const require = createRequire(import.meta.url);
const Long: { fromValue(value: bigint | number): unknown } = require('kafkajs/src/utils/long.js');
const Record: (record: object) => Encoder = require('kafkajs/src/protocol/recordBatch/record/v0/index.js');
const {
  RecordBatch,
}: { RecordBatch(batch: object): Promise<Encoder> } = require('kafkajs/src/protocol/recordBatch/v0/index.js');

const { CompressionCodecs, CompressionTypes } = kafkajs;
const compressing = (compress: (data: Buffer) => Buffer) => () => ({
  compress: async ({ buffer }: Encoder) => compress(buffer),
  decompress: async () => {
    throw new Error('this codec only writes');
  },
});
CompressionCodecs[CompressionTypes.Snappy] = compressing(snappyOfLiterals);
CompressionCodecs[CompressionTypes.LZ4] = compressing(lz4OfLiterals);
CompressionCodecs[CompressionTypes.ZSTD] = compressing((data) => zstdCompressSync(data));

/** One batch. */
export async function encodeBatch(batch: Batch): Promise<Buffer> {
  const { baseOffset, records, producerId = -1n, transactional = false, control = false, codec = 0 } = batch;
  const { baseTimestamp = 1_700_000_000_000, maxTimestamp = baseTimestamp, logAppendTime = false } = batch;
  const deltas: number[] = [];
  for (const { delta } of records) {
    deltas.push(delta ?? (deltas.at(-1) ?? -1) + 1);
  }
  const encoded = await RecordBatch({
    compression: codec,
    firstOffset: Long.fromValue(baseOffset),
    firstTimestamp: Long.fromValue(baseTimestamp),
    maxTimestamp: Long.fromValue(maxTimestamp),
    lastOffsetDelta: batch.lastDelta ?? deltas.at(-1) ?? 0,
    transactional,
    producerId: Long.fromValue(producerId),
    records: records.map(({ timestamp = baseTimestamp, key = null, value = null, headers = {} }, index) =>
      Record({ offsetDelta: deltas[index], timestampDelta: timestamp - baseTimestamp, key, value, headers }),
    ),
  });
  const bytes = Buffer.from(encoded.buffer);
  const flags = (control ? CONTROL : 0) | (logAppendTime ? LOG_APPEND_TIME : 0);
  bytes.writeInt16BE(bytes.readInt16BE(AT.attributes) | flags, AT.attributes);
  bytes.writeUInt32BE(crc32c(bytes, AT.attributes, bytes.length), AT.crc);
  return bytes;
}

/** Several, as a fetch answers them. */
export async function encodeSet(...batches: readonly Batch[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(batches.map(encodeBatch)));
}

/** The marker that ends a transaction. */
export const marker = (baseOffset: bigint, producerId: bigint, end: 'commit' | 'abort'): Batch => ({
  baseOffset,
  producerId,
  transactional: true,
  control: true,
  records: [{ key: Buffer.from([0, 0, 0, end === 'commit' ? 1 : 0]), value: Buffer.alloc(6) }],
});

function snappyOfLiterals(data: Buffer): Buffer {
  const parts: Buffer[] = [];
  const length: number[] = [];
  for (let rest = data.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) {
      break;
    }
  }
  parts.push(Buffer.from(length));
  for (let at = 0; at < data.length; at += 0x10000) {
    const literal = data.subarray(at, at + 0x10000);
    const size = literal.length - 1;
    parts.push(Buffer.from([61 << 2, size & 0xff, size >>> 8]), literal);
  }
  return Buffer.concat(parts);
}

function lz4OfLiterals(data: Buffer): Buffer {
  const stored = Buffer.alloc(4);
  stored.writeUInt32LE((0x80000000 | data.length) >>> 0);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0]), stored, data, Buffer.alloc(4)]);
}
