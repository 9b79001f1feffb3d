/** Storefronts, which send again until they are answered. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '@cartledger/event-log';
import { z } from 'zod';
import type { Sent } from '../model/shop.ts';
import type { Input } from './shop.ts';

export type Senders = {
  /** Inputs that nobody has answered for yet. */
  readonly open: number;
  /** Requests sent again for want of an answer. */
  readonly again: number;
  /** From its end on nothing is under way, and nothing begins until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** Resolves when everything is answered. */
  readonly done: Promise<void>;
};

const PATIENCE_MS = 8_000;
const AGAIN_MS = 500;
/** Requests of one way at once: more would only load the machine while nobody answers. */
const AT_ONCE = 4;

const answer = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), code: z.string() })),
});

const note = (sent: readonly Sent[], rejected: readonly { index: number; code: string }[]): void => {
  const codes = new Map(rejected.map(({ index, code }) => [index, code]));
  for (const [index, one] of sent.entries()) one.answer = codes.get(index) ?? 202;
};

export const startSenders = (
  {
    url,
    keys,
    log,
    topic,
    signal,
  }: {
    url: string;
    keys: ReadonlyMap<string, string>;
    log: Pick<EventLog, 'produce'>;
    topic: string;
    signal: AbortSignal;
  },
  inputs: readonly Input[],
): Senders => {
  let open = inputs.length;
  let again = 0;
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const underWay = new Set<Promise<unknown>>();

  const post = async ({ way, sent }: Input): Promise<boolean> => {
    const isImport = way === 'import';
    const response = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${keys.get(isImport ? 'admin' : (sent[0]?.store_id ?? '')) ?? ''}`,
        'content-type': 'application/json',
        ...(isImport ? { 'cartledger-import': '1' } : {}),
      },
      body: `{"events":[${sent.map(({ value }) => String(value)).join(',')}]}`,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const body: unknown = await response.json();
    if (response.status !== 202) return false;
    note(sent, answer.parse(body).rejected);
    return true;
  };

  const write = async ({ sent }: Input): Promise<boolean> => {
    await log.produce(
      topic,
      sent.map(({ key, value, headers }) => ({ key, value, headers })),
    );
    note(sent, []);
    return true;
  };

  const send = async (input: Input): Promise<void> => {
    for (;;) {
      await gate.promise;
      signal.throwIfAborted();
      // A connection that broke, a process that is no more, a log that is away: all of it is sent again.
      const attempt = (input.way === 'topic' ? write(input) : post(input)).catch(() => false);
      underWay.add(attempt);
      const isAnswered = await attempt;
      underWay.delete(attempt);
      if (isAnswered) {
        open -= 1;
        return;
      }
      again += 1;
      await delay(AGAIN_MS, undefined, { signal });
    }
  };

  const begun = performance.now();
  const sendAll = async (queue: Input[]): Promise<void> => {
    for (let input = queue.shift(); input !== undefined; input = queue.shift()) {
      const early = begun + input.at - performance.now();
      if (early > 0) await delay(early, undefined, { signal });
      await send(input);
    }
  };
  const run = async (): Promise<void> => {
    const queues = [inputs.filter(({ way }) => way === 'topic'), inputs.filter(({ way }) => way !== 'topic')];
    await Promise.all(queues.flatMap((queue) => Array.from({ length: AT_ONCE }, () => sendAll(queue))));
  };
  const done = run();
  done.catch(() => {});

  return {
    get open() {
      return open;
    },
    get again() {
      return again;
    },
    pause: async () => {
      gate = Promise.withResolvers<void>();
      await Promise.all(underWay);
    },
    resume: () => gate.resolve(),
    done,
  };
};
