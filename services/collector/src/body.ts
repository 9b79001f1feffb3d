import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ServiceError } from '@cartledger/service';
import type { Budget } from './budget.ts';
import { badContentType, badEncoding, bodyTooLarge, cutBody, overloaded, slowBody, unknownEncoding } from './errors.ts';

export type BodyLimits = {
  /** As sent, packed or not. */
  maxBytes: number;
  /** After unpacking. */
  maxInflatedBytes: number;
  timeoutMs: number;
};

export type Body = {
  bytes: Buffer /** Gives the budget back; call it once the bytes are done with. */;
  release(): void;
};

const DECODERS: ReadonlyMap<string, () => Transform> = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);

const JSON_TYPE = /^(?:application\/(?:[\w.+-]+\+)?json|text\/plain)$/;

/** Senders that name no type (or text/plain, as sendBeacon does) are taken at their word that it is JSON. */
const checkContentType = (header: string | null): void => {
  if (header === null || header === '') return;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!JSON_TYPE.test(type.trim()) || !isUtf8) throw badContentType(header);
};

const decoderOf = (header: string | null): { name: string; decoder: Transform } | null => {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return null;
  const create = DECODERS.get(name);
  if (!create) throw unknownEncoding(name);
  return { name, decoder: create() };
};

const isZlibError = (error: Error): boolean =>
  'code' in error &&
  typeof error.code === 'string' &&
  /^(Z_|ERR__?ERROR|ERR_BROTLI|ERR_PADDING|BROTLI)/.test(error.code);

/**
 * The request's body, unpacked. Counts while it reads, before and after unpacking, so a body over a limit (or one
 * that unpacks to far more than it is) is let go at the limit and never held. Throws 408, 413, 415, or 503 when the
 * budget is used up.
 */
export const readBody = async (request: Request, limits: BodyLimits, budget: Budget): Promise<Body> => {
  checkContentType(request.headers.get('content-type'));
  const encoding = decoderOf(request.headers.get('content-encoding'));
  if (Number(request.headers.get('content-length') ?? 0) > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');
  if (!request.body) return { bytes: Buffer.alloc(0), release: () => {} };

  const chunks: Buffer[] = [];
  let sent = 0;
  let held = 0;
  const countSent = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      sent += chunk.byteLength;
      if (sent > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');
      yield chunk;
    }
  };
  const hold = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      if (held + chunk.byteLength > limits.maxInflatedBytes) throw bodyTooLarge(limits.maxInflatedBytes, 'unpacked');
      if (!budget.take(chunk.byteLength)) throw overloaded();
      held += chunk.byteLength;
      chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
  };

  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), limits.timeoutMs);
  const source = Readable.fromWeb(request.body);
  try {
    if (encoding) await pipeline(source, countSent, encoding.decoder, hold, { signal: late.signal });
    else await pipeline(source, countSent, hold, { signal: late.signal });
  } catch (error) {
    budget.give(held);
    if (error instanceof ServiceError) throw error;
    if (late.signal.aborted) throw slowBody(limits.timeoutMs);
    if (encoding && error instanceof Error && isZlibError(error)) throw badEncoding(encoding.name);
    throw cutBody();
  } finally {
    clearTimeout(timer);
  }
  return { bytes: Buffer.concat(chunks), release: () => budget.give(held) };
};
