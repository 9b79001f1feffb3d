/**
 * For tests that write ledger rows in bulk: the columns a row is stored in, as the aggregator stores them, and the rollup
 * that counts it. For tests that stand in for the store, or compare stores: what the aggregator asks and tells it.
 */
export {
  allDays,
  createDirtyDays,
  dirtyDays as dirtyDaysQuery,
  ROLLUP_OF,
  ROLLUPS,
  type Rollup,
} from './dirty-days.ts';
export { createFence } from './fence.ts';
export { QUERIES as FIGURES, readFigures } from './figures.ts';
export { createHolds, KEEP } from './holds.ts';
export { allHorizons, createHorizons } from './horizons.ts';
export { createLedger, KEY_COLUMNS } from './ledger.ts';
export { contentOf, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';
export { createDigest } from './ledger-digest.ts';
export { DELETE_ROW, keysBeforeVersion, keysOfNodes, storedRows, strayRows } from './ledger-queries.ts';
export { forgottenStores, lastEvent } from './rebuild-queries.ts';
export { createRestatements, knownDays, RESTATEMENT_COLUMNS, writtenOfDays } from './restatements.ts';
export { DIFFERING, daysOfSlice, INSERTS, rowsOfDays } from './rollup-queries.ts';
export { createRollups } from './rollups.ts';
export { ADVANCED, allStates, createStoreStates } from './store-states.ts';
export { orphans, visitorsBetween } from './sweep.ts';
export { createTouched, pendingBatches, touchesOfBatches } from './touched.ts';
export { createUpkeep, DELETE_DONE_BATCHES, DELETE_DONE_TOUCHES } from './upkeep.ts';
export { createWriters, largestToken, ledgerInsertsUnderWay, WRITER_COLUMNS } from './writers.ts';
