import type { Hasher } from '@cartledger/events';
import type { Batch } from './batcher.ts';
import type { DeadLetters } from './dead-letters.ts';
import { countBatch } from './measures.ts';
import type { IngestMetrics } from './metrics.ts';
import { retry } from './retry.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { Accepted, Rejected, Taken, Unknown } from './take-in.ts';
import type { Tally } from './tally.ts';
import { touchesOf } from './touches.ts';
import type { Waiting } from './waiting.ts';
import type { Writer } from './writer.ts';

export type BatchDeps = {
  takeIn: (record: Batch['records'][number]) => Taken;
  stores: StoreDirectory;
  deadLetters: DeadLetters;
  writer: Writer;
  tally: Pick<Tally, 'write'>;
  hasher: Hasher;
  newBatchId: () => string;
  metrics: IngestMetrics;
  waiting: Waiting;
  backoffMs: (attempt: number) => number;
};

const RECORDS_A_TURN = 500;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * A batch's way into the store: validate -> dead letters acknowledged -> events answered -> touches and counts
 * answered. Then, and only then, the offset may be committed. Whatever fails in between, the batch is repeated from its
 * beginning by whoever has the partition then, and repeating changes nothing: rows are functions of records, a touch
 * repeated under a new batch id makes the aggregator look once more, and of counts those of the later run stand.
 */
export const createBatchSteps = (deps: BatchDeps) => {
  const { takeIn, stores, deadLetters, writer, tally, hasher, newBatchId, metrics, waiting, backoffMs } = deps;

  const sort = (taken: Taken, accepted: Accepted[], rejected: Rejected[], unknown: Unknown[]): void => {
    if (taken.outcome === 'accepted') accepted.push(taken);
    else if (taken.outcome === 'unknown_store') unknown.push(taken);
    else rejected.push(taken);
  };

  const validate = async ({ records, arrivedAt }: Batch, signal: AbortSignal) => {
    const accepted: Accepted[] = [];
    const rejected: Rejected[] = [];
    const unknown: Unknown[] = [];
    for (const [index, record] of records.entries()) {
      if (index % RECORDS_A_TURN === RECORDS_A_TURN - 1) await turn();
      sort(takeIn(record), accepted, rejected, unknown);
    }
    if (unknown.length > 0) {
      // A store may have been created a moment ago; nobody is turned away by a directory older than the record.
      await waiting.during('stores', (onFailure) =>
        retry(() => stores.freshSince(arrivedAt), { backoffMs, signal, isFinal: () => false, onFailure }),
      );
      for (const { record } of unknown) {
        const again = takeIn(record);
        sort(again, accepted, rejected, []);
        if (again.outcome === 'unknown_store') rejected.push({ ...again, outcome: 'rejected' });
      }
    }
    return { accepted, rejected };
  };

  return async (batch: Batch, topicEpoch: string, signal: AbortSignal): Promise<void> => {
    const { accepted, rejected } = await validate(batch, signal);
    await deadLetters.write(rejected, topicEpoch, signal);
    const refused = await writer.writeEvents(accepted, topicEpoch, signal);
    await deadLetters.write(refused, topicEpoch, signal);
    const landed = refused.length === 0 ? accepted : without(accepted, refused);
    const counts = countBatch(landed, [...rejected, ...refused]);
    // Side by side: the counts cost no time of their own, and by now it is known what the store has refused.
    await Promise.all([
      writer.writeTouches(touchesOf(newBatchId(), landed, hasher), signal),
      tally.write(counts, batch.records[0]?.offset ?? 0n, signal),
    ]);
    metrics.count(landed, counts);
    metrics.batchRows.observe(batch.records.length);
  };
};

const without = (accepted: readonly Accepted[], refused: readonly Rejected[]): Accepted[] => {
  const records = new Set(refused.map(({ record }) => record));
  return accepted.filter(({ record }) => !records.has(record));
};
