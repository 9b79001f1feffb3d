import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

export const UNCOMPRESSED = 0;

/** Largest content a record batch may unpack to: far more than any producer puts into one. */
const MAX_BYTES = 256 * 1024 * 1024;
const LIMIT = { maxOutputLength: MAX_BYTES };

/** By the number a record batch's attributes give. */
const CODECS: Readonly<Record<number, (data: Buffer) => Buffer>> = {
  1: (data) => gunzipSync(data, LIMIT),
  2: decompressSnappy,
  3: (data) => decompressLz4(data, MAX_BYTES),
  4: (data) => zstdDecompressSync(data, LIMIT),
};

/**
 * Unpacks what a record batch holds, of every compression Kafka has: storefronts write with the client and the settings
 * they like, and one batch that cannot be read would stop all that comes after it. We write uncompressed. Throws an
 * Error on broken data.
 */
export function decompress(codec: number, data: Buffer): Buffer {
  const unpack = CODECS[codec];
  if (!unpack) {
    throw new RangeError(`compression ${codec} is not known`);
  }
  return unpack(data);
}
