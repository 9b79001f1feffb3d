import { useMemo } from 'react';
import type { WireMoney } from '../../api/wire.ts';
import { Figure } from '../../chart/figure.tsx';
import { drawRows, type Row, rowsHeight } from '../../chart/rows.ts';
import { formatMoney } from '../../format/money.ts';
import { formatCount, formatRate, ratio } from '../../format/number.ts';
import { Card } from '../../ui/card.tsx';
import { MoneyLines, orderedCurrencies } from '../../ui/money.tsx';
import { type Column, DataTable } from '../../ui/table.tsx';

/** Carts abandoned or lost, by something: the point they reached, the reason seen. */
export type Left = { key: string; name: string; carts: number; value: WireMoney };

const MOST_BARS = 6;
const CARTS = 'Carts abandoned or lost as of now.';
const VALUE = 'What they hold, at the last price each item was shown for.';

/** Amounts of several currencies cannot share a bar, so the bars count carts and the words beside them give the value. */
const barsOf = (rows: readonly Left[], all: number, first: string): Row[] =>
  rows.slice(0, MOST_BARS).map(({ name, carts, value }) => {
    const amount = value[first];
    const values = orderedCurrencies(Object.keys(value), first).map(
      (code) => [`Value left (${code})`, formatMoney(value[code] ?? 0, code)] as const,
    );
    return {
      name,
      value: amount === undefined ? formatCount(carts) : `${formatCount(carts)} · ${formatMoney(amount, first)}`,
      start: 0,
      end: carts,
      tone: 'loss',
      details: [['Carts left', formatCount(carts)], ['Share', formatRate(ratio(carts, all))], ...values],
    };
  });

const columnsOf = (head: string, meaning: string, all: number, first: string): readonly Column<Left>[] => [
  { key: 'name', head, meaning, cell: ({ name }) => name },
  { key: 'carts', head: 'Carts', meaning: CARTS, cell: ({ carts }) => formatCount(carts) },
  { key: 'share', head: 'Share', cell: ({ carts }) => formatRate(ratio(carts, all)) },
  { key: 'value', head: 'Value left', meaning: VALUE, cell: ({ value }) => <MoneyLines value={value} first={first} /> },
];

type Props = {
  title: string;
  note: string;
  head: string;
  meaning: string;
  rows: readonly Left[];
  /** Every cart left: each list sums to it. */
  all: number;
  currency: string;
};

export const LeftCard = ({ title, note, head, meaning, rows, all, currency }: Props) => {
  const draw = useMemo(() => drawRows(barsOf(rows, all, currency)), [rows, all, currency]);
  const said = rows.map(({ name, carts }) => `${name} ${formatCount(carts)}`).join(', ');
  const height = rowsHeight(Math.min(MOST_BARS, rows.length));
  return (
    <Card title={title} note={note}>
      {rows.length > 0 && (
        <Figure label={`${title}, in carts: ${said}.`} heights={{ wide: height, narrow: height }} draw={draw} />
      )}
      <DataTable
        caption={`${title}: numbers`}
        rows={rows}
        rowKey={({ key }) => key}
        columns={columnsOf(head, meaning, all, currency)}
        limit={8}
      />
    </Card>
  );
};
