import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { ServiceError } from '@cartledger/service';
import type { HonoRequest } from 'hono';
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

type Unpack = (packed: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const UNPACKERS: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

const JSON_TYPE = /^(?:application\/(?:[\w.+-]+\+)?json|text\/plain)$/;

/** Senders that name no type (or text/plain, as sendBeacon does) are taken at their word that it is JSON. */
const checkContentType = (header: string | undefined): void => {
  if (header === undefined || header === '') return;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  const charset = parameters.map((p) => p.trim()).find((p) => p.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!JSON_TYPE.test(type.trim()) || !isUtf8) throw badContentType(header);
};

const unpackerOf = (header: string | undefined): { name: string; unpack: Unpack } | null => {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === 'identity' || name === '') return null;
  const unpack = UNPACKERS.get(name);
  if (!unpack) throw unknownEncoding(name);
  return { name, unpack };
};

/**
 * Up to here a declared length is held against the budget before it has come: some hundred senders that declare much
 * and send nothing must not use it up.
 */
const MAX_DECLARED_BYTES = 64 * 1024;

/** A body of known length, taken at once, which costs half of reading a stream: Node hands over no more than declared. */
const readDeclared = async (
  request: HonoRequest,
  limits: BodyLimits,
  budget: Budget,
  length: number,
): Promise<Buffer> => {
  if (!budget.take(length)) throw overloaded();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(slowBody(limits.timeoutMs)), limits.timeoutMs);
  try {
    const bytes = Buffer.from(await Promise.race([request.arrayBuffer(), late.promise]));
    if (bytes.byteLength !== length) throw cutBody();
    return bytes;
  } catch (error) {
    budget.give(length);
    // What reading itself throws: the sender has gone.
    throw error instanceof ServiceError ? error : cutBody();
  } finally {
    clearTimeout(timer);
  }
};

/** A body whose length shows as it comes, held against the budget meanwhile. */
const readStream = async (request: HonoRequest, limits: BodyLimits, budget: Budget): Promise<Buffer> => {
  const stream = request.raw.body;
  if (!stream) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let sent = 0;
  let isLate = false;
  const reader = stream.getReader();
  // Cancelling ends the read that is waiting.
  const timer = setTimeout(() => {
    isLate = true;
    reader.cancel().catch(() => {
      // The connection ended first; the read that waits says so.
    });
  }, limits.timeoutMs);
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { byteLength } = next.value;
      if (sent + byteLength > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');
      if (!budget.take(byteLength)) throw overloaded();
      sent += byteLength;
      chunks.push(next.value);
    }
    if (isLate) throw slowBody(limits.timeoutMs);
    return Buffer.concat(chunks);
  } catch (error) {
    budget.give(sent);
    // What reading itself throws: the sender has gone.
    throw error instanceof ServiceError ? error : cutBody();
  } finally {
    clearTimeout(timer);
  }
};

const unpacked = async (
  packed: Buffer,
  { name, unpack }: { name: string; unpack: Unpack },
  { maxInflatedBytes }: BodyLimits,
): Promise<Buffer> => {
  try {
    return await unpack(packed, { maxOutputLength: maxInflatedBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw code === 'ERR_BUFFER_TOO_LARGE' ? bodyTooLarge(maxInflatedBytes, 'unpacked') : badEncoding(name);
  }
};

/**
 * The request's body, unpacked. Counts while it reads, and unpacks no further than the limit, so that a body that is
 * too large, or that unpacks to far more than it is, is let go there. Throws 400, 408, 413, 415, or 503 when the
 * budget is used up.
 */
export const readBody = async (request: HonoRequest, limits: BodyLimits, budget: Budget): Promise<Body> => {
  checkContentType(request.header('content-type'));
  const encoding = unpackerOf(request.header('content-encoding'));
  const declared = request.header('content-length');
  const length = declared !== undefined && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
  if (length !== null && length > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');

  const sent = await (length !== null && length <= MAX_DECLARED_BYTES
    ? readDeclared(request, limits, budget, length)
    : readStream(request, limits, budget));
  let held = sent.byteLength;
  const release = (): void => budget.give(held);
  try {
    const bytes = encoding ? await unpacked(sent, encoding, limits) : sent;
    if (bytes.byteLength > limits.maxInflatedBytes) throw bodyTooLarge(limits.maxInflatedBytes, 'unpacked');
    if (encoding) {
      if (!budget.take(bytes.byteLength)) throw overloaded();
      held += bytes.byteLength;
    }
    return { bytes, release };
  } catch (error) {
    release();
    throw error;
  }
};
