import type { RefundsOn } from '@cartledger/funnel';
import { useMemo } from 'react';
import type { WireRevenue } from '../../api/wire.ts';
import { Figure } from '../../chart/figure.tsx';
import { formatChange, formatMoney } from '../../format/money.ts';
import { Card } from '../../ui/card.tsx';
import { Notice } from '../../ui/notice.tsx';
import { type Column, DataTable } from '../../ui/table.tsx';
import { BRIDGE_WORDS, REFUNDS_WORDS } from '../../words/revenue.ts';
import { drawWaterfall, waterfallHeights } from './draw.ts';
import { type Bar, drawnBars, waterfallOf } from './waterfall.ts';

type Revenue = WireRevenue['currencies'][string];

/** The bridge is computed from the ledgers; it must end where the orders' own totals and refunds end. */
const Reconciled = ({ net, currency }: { net: number; currency: string }) => (
  <Notice kind="good">
    <strong>Reconciled.</strong> The bridge ends exactly where the orders’ own totals and refunds do:{' '}
    {formatMoney(net, currency)}, difference {formatMoney(0, currency)}.
  </Notice>
);

const Unreconciled = ({ difference, currency }: { difference: number; currency: string }) => (
  <Notice kind="alarm">
    <strong>Does not reconcile.</strong> The bridge and the orders’ own totals and refunds differ by{' '}
    {formatChange(difference, currency)}. Do not rely on this page until that is cleared: run{' '}
    <code>npx cartledger verify</code> and report what it prints.
  </Notice>
);

const columnsOf = (currency: string, refundsOn: RefundsOn): readonly Column<Bar>[] => [
  {
    key: 'line',
    head: 'Line',
    cell: ({ line }) => (
      <span className="worded">
        {BRIDGE_WORDS[line].label}
        <span className="meaning">
          {line === 'refunds' ? REFUNDS_WORDS[refundsOn].refunds : BRIDGE_WORDS[line].meaning}
        </span>
      </span>
    ),
  },
  {
    key: 'amount',
    head: `Amount (${currency})`,
    cell: ({ kind, amount }) => (kind === 'total' ? formatMoney(amount, currency) : formatChange(amount, currency)),
  },
];

type Props = { revenue: Revenue; currency: string; refundsOn: RefundsOn };

export const Bridge = ({ revenue, currency, refundsOn }: Props) => {
  const { bridge, difference, orders } = revenue;
  const { bars, broken } = useMemo(() => waterfallOf(bridge), [bridge]);
  const drawn = useMemo(() => drawnBars(bars), [bars]);
  const draw = useMemo(() => drawWaterfall(drawn, currency), [drawn, currency]);
  const said = drawn.map(({ label, amount }) => `${label} ${formatMoney(amount, currency)}`).join(', ');
  const reconciled = difference === 0 && broken === null;
  return (
    <>
      {!reconciled && <Unreconciled difference={difference} currency={currency} />}
      <Card title="From carts to net" note={REFUNDS_WORDS[refundsOn].dated}>
        <Figure label={`Waterfall: ${said}.`} heights={waterfallHeights(drawn.length)} draw={draw} />
        {reconciled && <Reconciled net={orders.net} currency={currency} />}
      </Card>
      <Card title="The bridge, line by line">
        <DataTable
          caption={`Bridge from carts to net, ${currency}`}
          rows={bars}
          rowKey={({ line }) => line}
          columns={columnsOf(currency, refundsOn)}
          rowKind={({ kind, amount }) => (kind === 'total' ? 'total' : amount === 0 ? 'quiet' : undefined)}
        />
      </Card>
    </>
  );
};
