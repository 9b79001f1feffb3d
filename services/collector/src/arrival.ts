import { IncomingMessage } from 'node:http';
import type { ServiceError } from '@cartledger/service';
import { slowBody, trickledBody } from './errors.ts';

export type ArrivalLimits = {
  /** For the whole body. */
  timeoutMs: number;
  /** From here on it has to come at least at this rate. */
  graceMs: number;
  minBytesPerSecond: number;
};

/** The request as Node got it; null where there is none, as in tests that call the app. */
export const incomingOf = (env: unknown): IncomingMessage | null =>
  typeof env === 'object' && env !== null && 'incoming' in env && env.incoming instanceof IncomingMessage
    ? env.incoming
    : null;

/** Counts the bytes that the request's connection has received. */
export const receivedBy = (env: unknown): (() => number) | null => {
  const socket = incomingOf(env)?.socket;
  return socket === undefined ? null : () => socket.bytesRead;
};

/**
 * Watches a body come; `onLate` is called once, with what to answer, when it takes too long or comes too slowly: a body
 * that is waited for holds room that others could use. Where `received` is null only the time counts.
 */
export const watchArrival = (
  { timeoutMs, graceMs, minBytesPerSecond }: ArrivalLimits,
  received: (() => number) | null,
  onLate: (error: ServiceError) => void,
): Disposable => {
  const begun = performance.now();
  const before = received?.() ?? 0;
  let timer: NodeJS.Timeout;

  const look = (): void => {
    const ms = performance.now() - begun;
    const bytes = received === null ? Number.POSITIVE_INFINITY : received() - before;
    if (ms >= timeoutMs) onLate(slowBody(timeoutMs));
    else if (ms >= graceMs && bytes < (ms / 1_000) * minBytesPerSecond) onLate(trickledBody(minBytesPerSecond));
    else timer = setTimeout(look, Math.min(timeoutMs - ms, Math.max(1, graceMs - ms, graceMs / 2)));
  };
  timer = setTimeout(look, Math.min(timeoutMs, graceMs));
  return { [Symbol.dispose]: () => clearTimeout(timer) };
};
