import type { Control } from '@cartledger/control';
import { z } from 'zod';

/** Nothing is fetched any more until the order is taken back. */
export type DrainOrder = {
  id: string;
  at: number;
  /** ms UTC: by itself it ends then, should who gave it be killed. Absent: it does not. */
  until?: number | undefined;
};
/** Where a partition stood when it had obeyed; null: nothing of it was ever taken in. */
type DrainReceipt = { id: string; by: string; position: bigint | null; at: number };

/** Partitions go back to these offsets, under this life of the topic. */
export type RewindOrder = { id: string; at: number; epoch: string; targets: { partition: number; asked: bigint }[] };
type RewindReceipt = {
  id: string;
  by: string;
  /** Where the partition stood. */
  from: bigint | null;
  /** Where it goes on: at the offset asked for, or earlier, where counts of deliveries can be continued exactly. */
  to: bigint;
  /** False: retention has removed where they could be: deliveries of the quarter of an hour around `to` count twice. */
  countsExact: boolean;
  at: number;
};

/**
 * What an operator has ordered of all workers, and the receipt of each partition. Kept in the control store: every
 * worker sees it whichever was asked, whoever gets a partition next obeys too, and a restart forgets nothing.
 */
export type Orders = {
  drain(): Promise<DrainOrder | null>;
  setDrain(order: DrainOrder | null): Promise<void>;
  drainReceipt(partition: number): Promise<DrainReceipt | null>;
  giveDrainReceipt(partition: number, receipt: DrainReceipt): Promise<void>;
  rewind(): Promise<RewindOrder | null>;
  setRewind(order: RewindOrder): Promise<void>;
  rewindReceipt(partition: number): Promise<RewindReceipt | null>;
  giveRewindReceipt(partition: number, receipt: RewindReceipt): Promise<void>;
};

const offset = z.string().transform(BigInt);
const drainOrder = z.object({ id: z.string(), at: z.number(), until: z.number().optional() }).nullable();
const drainReceipt = z
  .object({ id: z.string(), by: z.string(), position: offset.nullable(), at: z.number() })
  .nullable();
const rewindOrder = z
  .object({
    id: z.string(),
    at: z.number(),
    epoch: z.string(),
    targets: z.array(z.object({ partition: z.number(), asked: offset })),
  })
  .nullable();
const rewindReceipt = z
  .object({
    id: z.string(),
    by: z.string(),
    from: offset.nullable(),
    to: offset,
    countsExact: z.boolean(),
    at: z.number(),
  })
  .nullable();

/** Offsets as text: JSON has no 64-bit integers. */
const toJson = (value: object | null): unknown =>
  JSON.parse(JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)));

export const createOrders = (
  state: Pick<Control['state'], 'get' | 'set'>,
  { topic, now }: { topic: string; now: () => number },
): Orders => {
  const read = async <S extends z.ZodType>(name: string, schema: S): Promise<z.output<S>> =>
    schema.parse(await state.get(`ingest.${name}/${topic}`));
  const write = (name: string, value: object | null): Promise<void> =>
    state.set(`ingest.${name}/${topic}`, toJson(value));
  // A partition has one owner at a time, so its receipt has one writer.
  return {
    drain: async () => {
      const order = await read('drain', drainOrder);
      return order?.until !== undefined && order.until <= now() ? null : order;
    },
    setDrain: (order) => write('drain', order),
    drainReceipt: (partition) => read(`drained.${partition}`, drainReceipt),
    giveDrainReceipt: (partition, receipt) => write(`drained.${partition}`, receipt),
    rewind: () => read('rewind', rewindOrder),
    setRewind: (order) => write('rewind', order),
    rewindReceipt: (partition) => read(`rewound.${partition}`, rewindReceipt),
    giveRewindReceipt: (partition, receipt) => write(`rewound.${partition}`, receipt),
  };
};
