/** A store of its own, nothing of which fails or waits. */
import type { ClickHouse } from '@cartledger/clickhouse';
import { immediately } from './call.ts';
import { SCHEMAS } from './directory.ts';
import { readSchema } from './schema.ts';
import { createStore, type Store } from './store.ts';

const schema = readSchema(SCHEMAS);

/** Real time, of which no two moments are the same. */
const growing = (): (() => number) => {
  let last = 0;
  return () => {
    last = Math.max(Date.now(), last + 1);
    return last;
  };
};

export const openModel = (
  now: () => number = growing(),
): { store: Store; clickhouse: ClickHouse; merge(table: string): Promise<void>; close(): Promise<void> } => {
  const store = createStore({
    schema,
    now,
    fail: (_, message) => {
      throw new Error(message);
    },
  });
  return {
    store,
    clickhouse: store.connect(immediately),
    merge: async (table) => void store.table(table).merge(),
    close: async () => {},
  };
};
