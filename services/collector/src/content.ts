import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { badContentType, badEncoding, bodyTooLarge, unknownEncoding } from './errors.ts';

const JSON_TYPE = /^(?:application\/(?:[\w.+-]+\+)?json|text\/plain)$/;

/** Senders that name no type (or text/plain, as sendBeacon does) are taken at their word that it is JSON. */
export const checkContentType = (header: string | undefined): void => {
  if (header === undefined || header === '') return;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!JSON_TYPE.test(type.trim()) || !isUtf8) throw badContentType(header);
};

/** Unpacks no further than `maxBytes`: a body that unpacks to far more than it is, is let go there. */
export type Unpack = (packed: Buffer, maxBytes: number) => Promise<Buffer>;

type Decoder = (packed: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/** What undoes the Content-Encoding; null: there is none. Throws `unsupported_encoding`. */
export const unpackerOf = (header: string | undefined): Unpack | null => {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return null;
  const decode = DECODERS.get(name);
  if (!decode) throw unknownEncoding(name);
  return async (packed, maxBytes) => {
    try {
      return await decode(packed, { maxOutputLength: maxBytes });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      throw code === 'ERR_BUFFER_TOO_LARGE' ? bodyTooLarge(maxBytes, 'unpacked') : badEncoding(name);
    }
  };
};
