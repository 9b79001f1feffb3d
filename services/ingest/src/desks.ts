import { type BlockEncoder, createBlockEncoder } from '@cartledger/clickhouse';
import type { Hasher } from '@cartledger/events';
import { createEventBlocks, type EventBlocks } from './scan/event-block.ts';
import { createKnownStores, type KnownStores } from './scan/known-stores.ts';
import { clearRows, createRows, type Rows } from './scan/rows.ts';
import { createScanner, type Scanner } from './scan/scanner.ts';
import { createSlowRows, type SlowRows } from './scan/slow-row.ts';
import type { StoreDirectory } from './store-directory.ts';
import { TOUCH_COLUMNS } from './touches.ts';

/** Where one batch is worked on: rows and encoders, which grow to the size of the batches they meet. */
export type Desk = {
  readonly rows: Rows;
  readonly knownStores: KnownStores;
  readonly scanner: Scanner;
  readonly slowRows: SlowRows;
  readonly eventBlocks: EventBlocks;
  readonly touchEncoder: BlockEncoder<typeof TOUCH_COLUMNS>;
};

/** Desks of all partitions together: as many are in use as there are batches in hand. */
export type Desks = {
  /** An empty one, for one batch. */
  take(): Desk;
  /** Nothing of the batch may be used any more, blocks that were encoded there included. */
  giveBack(desk: Desk): void;
};

/** Some 25 MB each when they have grown; more are made and dropped where more batches are in hand. */
const MOST_KEPT = 8;

export const createDesks = ({ stores, hasher }: { stores: Pick<StoreDirectory, 'get'>; hasher: Hasher }): Desks => {
  const free: Desk[] = [];

  const make = (): Desk => {
    const rows = createRows();
    const knownStores = createKnownStores(stores, rows);
    return {
      rows,
      knownStores,
      scanner: createScanner(rows, knownStores, hasher),
      slowRows: createSlowRows(rows, hasher),
      eventBlocks: createEventBlocks(),
      touchEncoder: createBlockEncoder(TOUCH_COLUMNS),
    };
  };

  return {
    // The one used last: it has grown already, and is in the processor's cache.
    take: () => free.pop() ?? make(),
    giveBack: (desk) => {
      clearRows(desk.rows);
      desk.knownStores.forget();
      desk.scanner.forget();
      desk.slowRows.forget();
      if (free.length < MOST_KEPT) free.push(desk);
    },
  };
};
