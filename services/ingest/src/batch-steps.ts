import type { Batch } from './batcher.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Desk, Desks } from './desks.ts';
import type { ErasedRecords } from './erased-records.ts';
import { countBatch, summaryOf } from './measures.ts';
import type { IngestMetrics } from './metrics.ts';
import { createQueryable } from './queryable.ts';
import { type BatchReaderDeps, createReadBatch } from './read-batch.ts';
import { retry } from './retry.ts';
import { withoutExpired } from './scan/without-expired.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { Tally } from './tally.ts';
import type { Waiting } from './waiting.ts';
import type { Writer } from './writer.ts';

export type BatchDeps = Pick<BatchReaderDeps, 'takeIn' | 'isGuarded' | 'now'> & {
  stores: StoreDirectory;
  deadLetters: DeadLetters;
  writer: Writer;
  tally: Pick<Tally, 'write'>;
  desks: Desks;
  /** Default: nothing is. */
  erased?: ErasedRecords;
  newBatchId: () => string;
  metrics: IngestMetrics;
  waiting: Waiting;
  backoffMs: (attempt: number) => number;
};

/**
 * A batch's way into the store: validate, leave out what was erased or is older than is kept -> dead letters acknowledged -> events answered ->
 * touches and counts answered. Then, and only then, the offset may be committed. Whatever fails in between, the batch is
 * repeated from its beginning by whoever has the partition then, and repeating changes nothing: rows are functions of
 * records, a touch repeated under a new batch id makes the aggregator look once more, and of counts those of the later run
 * stand.
 */
export const createBatchSteps = (deps: BatchDeps) => {
  const { stores, desks, erased, deadLetters, writer, tally, newBatchId, metrics, waiting, backoffMs, now } = deps;

  const freshStores = (moment: number, signal: AbortSignal): Promise<void> =>
    waiting.during('stores', (onFailure) =>
      retry(() => stores.freshSince(moment), { backoffMs, signal, isFinal: () => false, onFailure }),
    );
  const freshTombstones = async (signal: AbortSignal): Promise<void> => {
    if (erased === undefined) return;
    await waiting.during('tombstones', (onFailure) =>
      retry(() => erased.fresh(), { backoffMs, signal, isFinal: () => false, onFailure }),
    );
  };
  const readBatch = createReadBatch({ ...deps, freshStores });
  const countQueryable = createQueryable(metrics.queryable, now);

  const takeIn = async (desk: Desk, batch: Batch, topicEpoch: string, signal: AbortSignal): Promise<void> => {
    const { records } = batch;
    await freshTombstones(signal);
    const read = await readBatch(desk, batch, signal);
    const left = erased?.leaveOut(read.accepted, read.rejected) ?? { ...read, dropped: 0 };
    const { rejected, dropped } = left;
    const accepted = withoutExpired(left.accepted, stores, now());
    await deadLetters.write(rejected, topicEpoch, signal);
    const { landed, refused } = await writer.writeEvents(desk, accepted, records, topicEpoch, signal);
    countQueryable(records);
    await deadLetters.write(refused, topicEpoch, signal);
    const counts = countBatch(landed, [...rejected, ...refused]);
    // Side by side: the counts cost no time of their own, and by now it is known what the store has refused.
    const written = await Promise.allSettled([
      writer.writeTouches(desk, newBatchId(), landed),
      tally.write(counts, records.offsetAt(0), signal),
    ]);
    // Only then: what is still on its way is read from the desk, which the next batch would write over.
    for (const one of written) if (one.status === 'rejected') throw one.reason;
    metrics.count(summaryOf(landed), counts);
    metrics.erased.inc(dropped);
    metrics.expired.inc(left.accepted.order.length - accepted.order.length);
    metrics.batchRows.observe(records.length);
  };

  return async (batch: Batch, topicEpoch: string, signal: AbortSignal): Promise<void> => {
    const desk = desks.take();
    try {
      await takeIn(desk, batch, topicEpoch, signal);
    } finally {
      desks.giveBack(desk);
    }
  };
};
