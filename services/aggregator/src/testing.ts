/**
 * For tests that write ledger rows in bulk: the columns a row is stored in, as the aggregator stores them, and the rollup
 * that counts it.
 */
export { ROLLUP_OF } from './dirty-days.ts';
export { contentOf, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';
