import { setTimeout as delay } from 'node:timers/promises';
import type { Converted, ImportEvent } from '@cartledger/dialects';
import { z } from 'zod';
import type { Client } from './client.ts';
import { refuse } from './client.ts';

const BATCH_EVENTS = 1_000;
const MAX_TRIES = 60;

const answer = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), field: z.string(), message: z.string() })),
});

export type ImportCounts = {
  sent: number;
  accepted: number;
  /** Lines that could not be converted or were refused. */
  problems: number;
  /** The server's time (ms UTC) when it had taken in the last batch. */
  finishedAt: number;
};

export type Importer = {
  readonly counts: ImportCounts;
  take(converted: Converted): Promise<void>;
  flush(): Promise<void>;
};

/** Sends converted events in batches, in order; tells every line that is not taken in and why. */
export const createImporter = (client: Client, onProblem: (message: string) => void): Importer => {
  const counts: ImportCounts = { sent: 0, accepted: 0, problems: 0, finishedAt: 0 };
  let batch: { event: ImportEvent; line: number }[] = [];

  const problem = (message: string): void => {
    counts.problems++;
    onProblem(message);
  };

  /** A server that is busy says when to come again. */
  const send = async (events: readonly ImportEvent[]): Promise<Response> => {
    for (let tries = 1; ; tries++) {
      const response = await client.send('POST', '/v1/events', {
        json: events,
        headers: { 'cartledger-import': '1' },
        busyToo: true,
      });
      if (response.ok) return response;
      if (tries === MAX_TRIES) return refuse(response);
      await response.body?.cancel();
      await delay(1_000 * Math.max(1, Math.min(30, Number(response.headers.get('retry-after') ?? 1) || 1)));
    }
  };

  const flush = async (): Promise<void> => {
    const sending = batch;
    batch = [];
    if (sending.length === 0) return;
    const response = await send(sending.map(({ event }) => event));
    const { accepted, rejected } = answer.parse(await response.json());
    counts.sent += sending.length;
    counts.accepted += accepted;
    counts.finishedAt = Date.parse(response.headers.get('date') ?? '') || Date.now();
    for (const { index, message } of rejected) problem(`line ${sending[index]?.line ?? '?'}: ${message}`);
  };

  return {
    counts,
    flush,
    async take(converted) {
      if (!converted.ok) return problem(converted.message);
      batch.push({ event: converted.event, line: converted.line });
      if (batch.length >= BATCH_EVENTS) await flush();
    },
  };
};
