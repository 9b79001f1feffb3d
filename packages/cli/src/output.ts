import { stringifyExact } from '@cartledger/funnel';
import Table from 'cli-table3';
import type { Format } from './options.ts';

export type Column = { name: string; align?: 'left' | 'right' };
export type Cell = string | number | bigint | null;

const csvCell = (cell: Cell): string => {
  const text = cell === null ? '' : String(cell);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** What storefronts sent is printed without what would steer a terminal. Lines stay. */
export const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, (c) => (c === '\n' ? c : '\uFFFD'));

/** Rows under their columns, aligned for a person. */
export const table = (columns: readonly Column[], rows: readonly (readonly Cell[])[]): string => {
  const made = new Table({
    head: columns.map((column) => column.name),
    colAligns: columns.map((column) => column.align ?? 'left'),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) made.push(row.map((cell) => (cell === null ? '-' : plain(String(cell)))));
  return made.toString();
};

export const csvLine = (cells: readonly Cell[]): string => cells.map(csvCell).join(',');

export const csv = (columns: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [columns, ...rows].map(csvLine).join('\n');

/** Prints rows in the asked format; `value` is what JSON shows. */
export const print = (
  format: Format,
  value: unknown,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): void => {
  const text = {
    json: () => stringifyExact(value, 2),
    csv: () =>
      csv(
        columns.map(({ name }) => name),
        rows,
      ),
    table: () => table(columns, rows),
  }[format]();
  process.stdout.write(`${text}\n`);
};

/** Words for the person at the terminal, kept out of what a program may read from standard output. */
export const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
