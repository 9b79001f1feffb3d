/** For tests that write ledger rows in bulk: the columns a row is stored in, as the aggregator stores them. */
export { contentOf, LEDGER_COLUMNS, NOTHING } from './ledger-columns.ts';
