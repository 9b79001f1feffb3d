import type { Control, RejectionCount } from '@cartledger/control';
import type { Logger } from '@cartledger/service';

/** An event that was rejected, as far as it is counted. */
export type TurnedAway = Pick<RejectionCount, 'store_id' | 'code'>;

/** Counts the events turned away, for the quality report: they are in no log. */
export type RejectionCounts = {
  /** `store_id`: '' where it cannot be told. */
  count(rejected: readonly TurnedAway[], receivedAt: number): void;
  /** Adds to the control store what has not been added yet. One that fails is kept for the next time; never throws. */
  flush(): Promise<void>;
};

const QUARTER_MS = 900_000;
export const FLUSH_MS = 10_000;
/** Rows of one statement: databases bound its parameters. */
const MAX_ROWS = 1_000;

/**
 * Held in memory for ten seconds at most, then added to the control store: so a refused flood costs it one statement,
 * and what a killed process loses is at most the counts of ten seconds (of its own; `stop` loses none). They say how
 * much was refused, and are in no other figure.
 */
export const createRejectionCounts = ({
  rejections,
  logger,
}: {
  rejections: Pick<Control['rejections'], 'add'>;
  logger: Logger;
}): RejectionCounts => {
  let counts = new Map<string, RejectionCount>();
  let timer: NodeJS.Timeout | null = null;
  let adding: Promise<void> = Promise.resolve();

  const add = ({ store_id, quarter, code, count }: RejectionCount): void => {
    const key = `${quarter} ${code} ${store_id}`;
    const sum = counts.get(key);
    if (sum) sum.count += count;
    else counts.set(key, { store_id, quarter, code, count });
    // Ends no process that is otherwise done: its stop flushes.
    timer ??= setTimeout(() => void flush(), FLUSH_MS).unref();
  };

  const addAll = async (rows: readonly RejectionCount[]): Promise<void> => {
    for (let at = 0; at < rows.length; at += MAX_ROWS) {
      try {
        await rejections.add(rows.slice(at, at + MAX_ROWS));
      } catch (error) {
        logger.warn({ err: error }, 'could not store the counts of rejected events: trying again');
        for (const row of rows.slice(at)) add(row);
        return;
      }
    }
  };

  const flush = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const rows = [...counts.values()];
    counts = new Map();
    // One after another: a slow one is waited for by stop.
    adding = adding.then(() => addAll(rows));
    return adding;
  };

  return {
    count: (rejected, receivedAt) => {
      const quarter = receivedAt - (receivedAt % QUARTER_MS);
      for (const { store_id, code } of rejected) add({ store_id, quarter, code, count: 1 });
    },
    flush,
  };
};
