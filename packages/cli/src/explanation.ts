import { type Explanation, stringifyExact } from '@cartledger/funnel';
import { formatMoney } from './money.ts';
import { type Cell, type Column, csvLine, say, table } from './output.ts';
import { printHead } from './report-head.ts';
import { wallClock } from './wall-clock.ts';

const COLUMNS = ['id', 'visitor_id', 'at', 'day', 'amount', 'currency', 'note'] as const;

/** Amounts in minor units of the currency. */
const csvRows = ({ rows, amount: whole }: Explanation): Cell[][] =>
  rows.map(({ id, visitor_id, at, day, amount, note }) => [
    id,
    visitor_id,
    at,
    day,
    amount,
    amount === null ? null : (whole?.currency ?? null),
    note,
  ]);

const UNITS = { visitor: 'visitors', session: 'sessions', cart: 'carts', order: 'orders', refund: 'refunds' } as const;

/** `funnel stage=checkout,figure=units: 12 visitors`. */
const title = ({ of, count, unit, amount }: Explanation): string => {
  const counted = `${count} ${count === 1 ? unit : UNITS[unit]}`;
  return `${of}: ${counted}${amount === null ? '' : `, ${formatMoney(amount.amount, amount.currency)}`}`;
};

/** Times are the store's, as its days are; JSON and CSV have them in UTC. */
const tableOf = ({ unit, amount, rows, timezone }: Explanation): string => {
  const clock = wallClock(timezone);
  const columns: Column[] = [
    { name: 'at' },
    { name: unit },
    ...(unit === 'visitor' ? [] : [{ name: 'visitor' }]),
    ...(amount === null ? [] : [{ name: 'amount', align: 'right' as const }]),
    { name: 'what' },
  ];
  return table(
    columns,
    rows.map((row) => [
      clock(row.at),
      row.id,
      ...(unit === 'visitor' ? [] : [row.visitor_id]),
      ...(amount === null ? [] : [formatMoney(row.amount, amount.currency)]),
      row.note,
    ]),
  );
};

const left = ({ count }: Explanation, shown: number): string =>
  `${shown} of ${count} are shown; --all prints all of them, --limit another number.`;

type Printing = { format: 'table' | 'json' | 'csv'; write(text: string): void };

/** Prints what is behind a figure: the first page, or all of them. CSV goes out page by page, however many there are. */
export const printExplanation = async (
  pages: AsyncGenerator<Explanation, void, undefined>,
  all: boolean,
  { format, write }: Printing,
): Promise<void> => {
  if (format === 'csv') {
    let shown = 0;
    for await (const page of pages) {
      if (shown === 0) {
        printHead(page, format, write);
        say(title(page));
        write(`${csvLine(COLUMNS)}\n`);
      }
      shown += page.rows.length;
      for (const row of csvRows(page)) write(`${csvLine(row)}\n`);
      if (all || page.next_cursor === null) continue;
      say(left(page, shown));
      return;
    }
    return;
  }
  const first = await pages.next();
  if (first.done === true) return;
  const whole = { ...first.value };
  if (all)
    for await (const { rows, next_cursor } of pages) {
      whole.rows = [...whole.rows, ...rows];
      whole.next_cursor = next_cursor;
    }
  if (format === 'json') {
    write(`${stringifyExact(whole, 2)}\n`);
    return;
  }
  printHead(whole, format, write);
  write(`${title(whole)}\n${tableOf(whole)}\n`);
  if (whole.next_cursor !== null) say(left(whole, whole.rows.length));
};
