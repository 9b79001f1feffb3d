import type { MoneyByCurrency } from '@cartledger/funnel';
import type { Cell } from './output.ts';

/** Rows of one kind. Amounts are whole minor units, rates decimals, durations milliseconds. */
export type CsvTable = { table: string; columns: string[]; rows: Cell[][] };

/** Money of several currencies is a table of its own, one row a currency, so that no column depends on the data. */
export const moneyTable = <T>(
  table: string,
  key: string,
  entries: readonly T[],
  idOf: (entry: T) => string,
  moneyOf: (entry: T) => MoneyByCurrency,
): CsvTable => ({
  table,
  columns: [key, 'currency', 'value'],
  rows: entries.flatMap((entry) =>
    Object.entries(moneyOf(entry)).map(([currency, value]) => [idOf(entry), currency, value]),
  ),
});
