import { eventTime, type Hasher } from '@cartledger/events';
import type { Batch } from './batcher.ts';
import type { DeadLetters, DeadRecord } from './dead-letters.ts';
import type { IngestMetrics } from './metrics.ts';
import { retry } from './retry.ts';
import type { StoreDirectory } from './store-directory.ts';
import type { Accepted, Taken, Unknown } from './take-in.ts';
import { touchesOf } from './touches.ts';
import type { Waiting } from './waiting.ts';
import type { Writer } from './writer.ts';

export type BatchDeps = {
  takeIn: (record: Batch['records'][number]) => Taken;
  stores: StoreDirectory;
  deadLetters: DeadLetters;
  writer: Writer;
  hasher: Hasher;
  newBatchId: () => string;
  metrics: IngestMetrics;
  waiting: Waiting;
  backoffMs: (attempt: number) => number;
};

const RECORDS_A_TURN = 500;
const LATE_MS = 86_400_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const count = (metrics: IngestMetrics, { event, receipt, junk }: Accepted): void => {
  metrics.accepted.inc({ source: event.source ?? 'server' });
  // Lines are numbered in a path: counted by field, not by place.
  for (const path of junk) metrics.junkIds.inc({ field: path.replaceAll(/\[\d+\]/g, '[]') });
  if (receipt.imported) metrics.imported.inc();
  const { occurred_at, sent_at } = event;
  const time = eventTime({ occurred_at, sent_at, received_at: receipt.received_at });
  if (receipt.received_at - time > LATE_MS) metrics.late.inc();
};

/**
 * A batch's way into the store: validate -> dead letters acknowledged -> events answered -> touches answered.
 * Then, and only then, the offset may be committed. Whatever fails in between, the batch is repeated from its
 * beginning by whoever has the partition then, and repeating changes nothing: rows are functions of records, and
 * a touch repeated under a new batch id makes the aggregator look once more.
 */
export const createBatchSteps = (deps: BatchDeps) => {
  const { takeIn, stores, deadLetters, writer, hasher, newBatchId, metrics, waiting, backoffMs } = deps;

  const sort = (taken: Taken, accepted: Accepted[], rejected: DeadRecord[], unknown: Unknown[]): void => {
    if (taken.outcome === 'accepted') accepted.push(taken);
    else if (taken.outcome === 'unknown_store') unknown.push(taken);
    else rejected.push(taken);
  };

  const validate = async ({ records, arrivedAt }: Batch, signal: AbortSignal) => {
    const accepted: Accepted[] = [];
    const rejected: DeadRecord[] = [];
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
        if (again.outcome === 'unknown_store') rejected.push(again);
      }
    }
    return { accepted, rejected };
  };

  return async (batch: Batch, topicEpoch: string, signal: AbortSignal): Promise<void> => {
    const { accepted, rejected } = await validate(batch, signal);
    await deadLetters.write(rejected, topicEpoch, signal);
    const refused = await writer.writeEvents(accepted, topicEpoch, signal);
    await deadLetters.write(refused, topicEpoch, signal);
    await writer.writeTouches(touchesOf(newBatchId(), accepted, hasher), signal);
    for (const one of accepted) count(metrics, one);
    metrics.batchRows.observe(batch.records.length);
  };
};
