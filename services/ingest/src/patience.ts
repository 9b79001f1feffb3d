import { type ClickHouse, ClickHouseError } from '@cartledger/clickhouse';

/** How long an answer is waited for: of a process, whatever it asks for. */
export type Patience = {
  ms(): number;
  /** A call was given up that had been given so long. */
  timedOut(givenMs: number): void;
  answered(tookMs: number): void;
};

/**
 * Begins with the least, doubles with each call that timed out, and halves with one answered within a quarter of it. A slow
 * server is so waited for in the end, however long it takes up to the most, and not asked the same in vain for ever.
 */
export const createPatience = ({
  leastMs,
  mostMs,
  now,
}: {
  leastMs: number;
  mostMs: number;
  now: () => number;
}): Patience => {
  let doublings = 0;
  let slowAt = 0;
  const ms = (): number => Math.min(mostMs, leastMs * 2 ** doublings);

  return {
    ms,
    timedOut: (givenMs) => {
      slowAt = now();
      // Of calls side by side one doubles it: the others were not given more.
      if (givenMs === ms() && givenMs < mostMs) doublings += 1;
    },
    answered: (tookMs) => {
      const isQuick = tookMs <= ms() / 4;
      // Small inserts may be quick while a large one needs all of it: it would be given less again before each try.
      const isCalm = now() - slowAt >= 2 * ms();
      if (isQuick && !isCalm) return;
      slowAt = now();
      if (isQuick) doublings = Math.max(0, doublings - 1);
    },
  };
};

/** Inserts that are given as long as there is patience, and tell it how they went. */
export const patiently =
  (clickhouse: Pick<ClickHouse, 'insertNative'>, patience: Patience, now: () => number): ClickHouse['insertNative'] =>
  (table, columns, data, onlyIf) => {
    const [begun, givenMs] = [now(), patience.ms()];
    const inserted = clickhouse.insertNative(table, columns, data, onlyIf, givenMs);
    inserted.then(
      () => patience.answered(now() - begun),
      (error: unknown) => {
        if (error instanceof ClickHouseError && error.code === 'timeout') patience.timedOut(givenMs);
      },
    );
    return inserted;
  };
