/** For tests that stand in for the store, or compare stores: what ingest asks and tells it. */
export { EVENT_COLUMNS } from './event-row.ts';
export { INTAKE_COLUMNS, lastGeneration, RUN_COLUMNS } from './tally.ts';
export { TOUCH_COLUMNS } from './touches.ts';
export { visitorsAtEnds, visitorsOfRange } from './untold.ts';
