import {
  type Block,
  BlockValueError,
  type ClickHouse,
  ClickHouseError,
  createBlockEncoder,
  type Schema,
} from '@cartledger/clickhouse';
import { type Hasher, rejection } from '@cartledger/events';
import { EVENT_COLUMNS, toEventRow } from './event-row.ts';
import type { IngestMetrics } from './metrics.ts';
import { retry } from './retry.ts';
import type { Accepted, Rejected } from './take-in.ts';
import { TOUCH_COLUMNS, type TouchRow } from './touches.ts';
import type { Waiting } from './waiting.ts';

/** Writes to the store, waiting as long as it takes; rejects only by the signal. One a partition: it has an encoder. */
export type Writer = {
  /** Answers what the store refuses in any company; everything else is written. */
  writeEvents(accepted: readonly Accepted[], topicEpoch: string, signal: AbortSignal): Promise<Rejected[]>;
  writeTouches(touches: readonly TouchRow[], signal: AbortSignal): Promise<void>;
};

/** Rows encoded before other work, heartbeats among it, gets its turn. */
const ROWS_A_TURN = 1_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const isRefusal = (error: unknown): error is ClickHouseError => error instanceof ClickHouseError && error.refusedData;

const refused = ({ record, event, receipt }: Accepted): Rejected => ({
  outcome: 'rejected',
  record,
  rejection: rejection('store_refused', ''),
  store_id: event.store_id,
  received_at: receipt.received_at,
});

export const createWriter = ({
  clickhouse,
  hasher,
  metrics,
  waiting,
  backoffMs,
}: {
  clickhouse: Pick<ClickHouse, 'insertNative'>;
  hasher: Hasher;
  metrics: IngestMetrics;
  waiting: Waiting;
  backoffMs: (attempt: number) => number;
}): Writer => {
  const encoder = createBlockEncoder(EVENT_COLUMNS);

  const encode = async (accepted: readonly Accepted[], topicEpoch: string) => {
    const unfit: Rejected[] = [];
    encoder.clear();
    for (const [index, one] of accepted.entries()) {
      if (index % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
      try {
        encoder.append(toEventRow(one, { hasher, topicEpoch }));
      } catch (error) {
        if (!(error instanceof BlockValueError)) throw error;
        unfit.push(refused(one));
      }
    }
    return { block: encoder.finish(), unfit };
  };

  const insert = (table: 'events' | 'touches', columns: Schema, block: Block, signal: AbortSignal): Promise<void> =>
    waiting.during(table, (onFailure) =>
      retry(
        async () => {
          const done = metrics.insertSeconds.startTimer({ table });
          await clickhouse.insertNative(table, columns, block);
          done();
        },
        // A wrong schema or a missing right is waited out too: it is not the data's fault, and somebody will mend it.
        { backoffMs, signal, isFinal: isRefusal, onFailure },
      ),
    );

  const writeEvents: Writer['writeEvents'] = async (accepted, topicEpoch, signal) => {
    if (accepted.length === 0) return [];
    const { block, unfit } = await encode(accepted, topicEpoch);
    try {
      await insert('events', EVENT_COLUMNS, block, signal);
      return unfit;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (accepted.length === 1) return accepted.map(refused);
    }
    // Halves go on being halved until the refused row is alone; the others land.
    metrics.bisections.inc();
    const middle = Math.ceil(accepted.length / 2);
    const first = await writeEvents(accepted.slice(0, middle), topicEpoch, signal);
    return [...first, ...(await writeEvents(accepted.slice(middle), topicEpoch, signal))];
  };

  const writeTouches: Writer['writeTouches'] = async (touches, signal) => {
    if (touches.length === 0) return;
    const touchEncoder = createBlockEncoder(TOUCH_COLUMNS);
    for (const touch of touches) touchEncoder.append(touch);
    await insert('touches', TOUCH_COLUMNS, touchEncoder.finish(), signal);
  };

  return { writeEvents, writeTouches };
};
