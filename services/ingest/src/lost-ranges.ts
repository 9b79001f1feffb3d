import type { Control } from '@cartledger/control';
import type { ConsumerHandlers } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { z } from 'zod';
import { retry } from './retry.ts';

/** Offsets [from, to) that retention removed before they were read. */
type LostRange = { epoch: string; from: bigint; to: bigint; at: number };

/** What was lost, kept as receipts: a counter forgets with its process. */
export type LostRanges = {
  /** Notes a loss of the partition; by its owner alone, so that nobody else writes at once. */
  note(partition: number, lost: LostRange): Promise<void>;
  of(partition: number): Promise<LostRange[]>;
};

/** Receipts kept a partition. */
const MAX_KEPT = 100;

const stored = z
  .array(
    z.object({
      epoch: z.string(),
      from: z.string().transform(BigInt),
      to: z.string().transform(BigInt),
      at: z.number(),
    }),
  )
  .catch([]);

export const createLostRanges = (state: Pick<Control['state'], 'get' | 'set'>, topic: string): LostRanges => {
  const nameOf = (partition: number): string => `ingest.lost/${topic}/${partition}`;
  const of = async (partition: number): Promise<LostRange[]> => stored.parse(await state.get(nameOf(partition)));
  return {
    of,
    note: async (partition, lost) => {
      const others = (await of(partition)).filter(({ epoch, from }) => epoch !== lost.epoch || from !== lost.from);
      const kept = [...others, lost].slice(-MAX_KEPT);
      const value = kept.map((range) => ({ ...range, from: String(range.from), to: String(range.to) }));
      await state.set(nameOf(partition), value);
    },
  };
};

/** Handlers that keep a receipt of each gap as well; `epochOf` tells under which life of the topic a partition is read. */
export const notingGaps = (
  handlers: ConsumerHandlers,
  {
    lost,
    epochOf,
    backoffMs,
    life,
    logger,
    now,
  }: {
    lost: Pick<LostRanges, 'note'>;
    epochOf: (partition: number) => string;
    backoffMs: (attempt: number) => number;
    /** Ends with the process's work. */
    life: AbortSignal;
    logger: Logger;
    now: () => number;
  },
): ConsumerHandlers => {
  /** One after another: a receipt is read, changed and written. */
  let noted: Promise<void> = Promise.resolve();
  return {
    ...handlers,
    onGap: (partition, from, to) => {
      handlers.onGap(partition, from, to);
      const range = { epoch: epochOf(partition), from, to, at: now() };
      const onFailure = (error: unknown): void =>
        logger.error({ err: error, partition }, 'no receipt could be kept of what retention removed; tried again');
      const note = () =>
        retry(() => lost.note(partition, range), { backoffMs, signal: life, isFinal: () => false, onFailure });
      noted = noted.then(note).catch((error: unknown) => {
        logger.error({ err: error, partition }, 'ended before a receipt was kept of what retention removed');
      });
    },
  };
};

/** What of [from, to) is in the ranges. */
export const lostWithin = (
  ranges: readonly LostRange[],
  epoch: string,
  { from, to }: { from: bigint; to: bigint },
): { from: bigint; to: bigint }[] =>
  ranges.flatMap((range) => {
    const first = range.from > from ? range.from : from;
    const end = range.to < to ? range.to : to;
    return range.epoch === epoch && end > first ? [{ from: first, to: end }] : [];
  });
