import type { Control } from '@cartledger/control';
import type { ConsumerHandlers } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { z } from 'zod';

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
    logger,
    now,
  }: { lost: LostRanges; epochOf: (partition: number) => string; logger: Logger; now: () => number },
): ConsumerHandlers => ({
  ...handlers,
  onGap: (partition, from, to) => {
    handlers.onGap(partition, from, to);
    lost.note(partition, { epoch: epochOf(partition), from, to, at: now() }).catch((error: unknown) => {
      logger.error({ err: error, partition }, 'no receipt could be kept of what retention removed');
    });
  },
});

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
