import { createStoredDocument, type DocumentStore } from '../stored-document.ts';
import { backfillBusy } from './errors.ts';
import { type BackfillRun, storedRuns } from './run.ts';

const PATIENCE_MS = 20_000;

/** Where the backfills of a topic are kept; who changes them, or has to know that nobody does, is alone. */
export const createBackfillDocument = (store: DocumentStore, { topic }: { topic: string }) => {
  const document = createStoredDocument<readonly BackfillRun[]>(store, {
    name: `ingest/backfills/${topic}`,
    parse: (value) => (value === undefined ? [] : storedRuns.parse(value).runs),
    encode: (runs) => ({ runs }),
  });
  return {
    read: document.read,
    async alone<R>(
      work: (runs: readonly BackfillRun[], set: (runs: readonly BackfillRun[]) => Promise<boolean>) => Promise<R>,
    ): Promise<R> {
      const turn = await document.alone(work, PATIENCE_MS);
      if (turn === null) throw backfillBusy();
      return turn.result;
    },
  };
};
