import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompressLz4 } from './lz4.ts';
import { decompressSnappy } from './snappy.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * Teaches kafkajs to read every compression Kafka has, not just gzip: storefronts write with the client and the
 * settings they like, and one batch that cannot be read would stop all that comes after it. We write uncompressed.
 */
export function installCodecs(): void {
  const unzstd = promisify(zstdDecompress);
  const readOnly = (decompress: (data: Buffer) => Promise<Buffer>) => () => ({
    compress: async () => {
      throw new Error('this codec only reads');
    },
    decompress,
  });
  CompressionCodecs[CompressionTypes.Snappy] = readOnly(async (data) => decompressSnappy(data));
  CompressionCodecs[CompressionTypes.LZ4] = readOnly(async (data) => decompressLz4(data));
  CompressionCodecs[CompressionTypes.ZSTD] = readOnly((data) => unzstd(data));
}
