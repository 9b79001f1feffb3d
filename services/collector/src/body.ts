import { ServiceError } from '@cartledger/service';
import type { HonoRequest } from 'hono';
import { type ArrivalLimits, watchArrival } from './arrival.ts';
import type { Budget } from './budget.ts';
import { checkContentType, type Unpack, unpackerOf } from './content.ts';
import { bodyTooLarge, cutBody, overloaded } from './errors.ts';
import { createTurns } from './turns.ts';

export type BodyLimits = ArrivalLimits & {
  /** As sent, packed or not. */
  maxBytes: number;
  /** After unpacking. */
  maxInflatedBytes: number;
};

export type Body = {
  bytes: Buffer;
  /** Gives the budget back; call it once the bytes, and the records made of them, are done with. */
  release(): void;
};

/** Bytes that the connection has received so far. */
export type Received = () => number;

/**
 * Up to here a declared length is held against the budget before it has come: some hundred senders that declare much
 * and send nothing must not use it up.
 */
const MAX_DECLARED_BYTES = 64 * 1024;

/** A body of known length, taken at once, which costs half of reading a stream: Node hands over no more than declared. */
const readDeclared = async (
  request: HonoRequest,
  limits: BodyLimits,
  { budget, received, length }: { budget: Budget; received: Received | null; length: number },
): Promise<Buffer> => {
  if (!budget.take(length)) throw overloaded();
  const late = Promise.withResolvers<never>();
  using _ = watchArrival(limits, received, late.reject);
  try {
    const bytes = Buffer.from(await Promise.race([request.arrayBuffer(), late.promise]));
    if (bytes.byteLength !== length) throw cutBody();
    return bytes;
  } catch (error) {
    budget.give(length);
    // What reading itself throws: the sender has gone.
    throw error instanceof ServiceError ? error : cutBody();
  }
};

/** A body whose length shows as it comes, held against the budget meanwhile. */
const readStream = async (
  request: HonoRequest,
  limits: BodyLimits,
  { budget, received }: { budget: Budget; received: Received | null },
): Promise<Buffer> => {
  const stream = request.raw.body;
  if (!stream) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let sent = 0;
  let late: ServiceError | null = null;
  const reader = stream.getReader();
  using _ = watchArrival(limits, received, (error) => {
    late = error;
    // Cancelling ends the read that is waiting.
    reader.cancel().catch(() => {
      // The connection ended first; the read that waits says so.
    });
  });
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { byteLength } = next.value;
      if (sent + byteLength > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');
      if (!budget.take(byteLength)) throw overloaded();
      sent += byteLength;
      chunks.push(next.value);
    }
    if (late !== null) throw late;
    return Buffer.concat(chunks);
  } catch (error) {
    budget.give(sent);
    // What reading itself throws: the sender has gone.
    throw error instanceof ServiceError ? error : cutBody();
  }
};

/** As many as libuv unpacks at once. */
const inTurn = createTurns(4);

/** Takes from the budget what the body may become, before it does, and gives back what it has not. */
const unpacked = async (packed: Buffer, unpack: Unpack, maxBytes: number, budget: Budget): Promise<Buffer> =>
  inTurn(async () => {
    if (!budget.take(maxBytes)) throw overloaded();
    let unused = maxBytes;
    try {
      const bytes = await unpack(packed, maxBytes);
      unused -= bytes.byteLength;
      return bytes;
    } finally {
      budget.give(unused);
    }
  });

/** The records made of a body are held until the log has them: about its bytes again, and as much around them. */
const RECORDS_FACTOR = 2;

/**
 * The request's body, unpacked. Counts while it reads, and unpacks no further than the limit, so that a body that is
 * too large, or that unpacks to far more than it is, is let go there. Throws 400, 408, 413, 415, or 503 when the
 * budget is used up.
 */
export const readBody = async (
  request: HonoRequest,
  limits: BodyLimits,
  budget: Budget,
  received: Received | null = null,
): Promise<Body> => {
  checkContentType(request.header('content-type'));
  const unpack = unpackerOf(request.header('content-encoding'));
  const declared = request.header('content-length');
  const length = declared !== undefined && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
  if (length !== null && length > limits.maxBytes) throw bodyTooLarge(limits.maxBytes, 'sent');

  const sent = await (length !== null && length <= MAX_DECLARED_BYTES
    ? readDeclared(request, limits, { budget, received, length })
    : readStream(request, limits, { budget, received }));
  let held = sent.byteLength;
  const release = (): void => budget.give(held);
  try {
    const bytes = unpack ? await unpacked(sent, unpack, limits.maxInflatedBytes, budget) : sent;
    if (unpack) held += bytes.byteLength;
    if (bytes.byteLength > limits.maxInflatedBytes) throw bodyTooLarge(limits.maxInflatedBytes, 'unpacked');
    if (!budget.take(bytes.byteLength * RECORDS_FACTOR)) throw overloaded();
    held += bytes.byteLength * RECORDS_FACTOR;
    return { bytes, release };
  } catch (error) {
    release();
    throw error;
  }
};
