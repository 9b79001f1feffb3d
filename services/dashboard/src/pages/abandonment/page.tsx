import type { WireAbandonment } from '../../api/wire.ts';
import { NONE } from '../../format/locale.ts';
import { formatMoney } from '../../format/money.ts';
import { formatCount, formatRate, ratio } from '../../format/number.ts';
import { ReportPage } from '../../layout/report-page.tsx';
import { useShop } from '../../layout/shop.ts';
import { Card } from '../../ui/card.tsx';
import { type Kpi, Kpis } from '../../ui/kpi.tsx';
import { addMoney, MoneyLines, orderedCurrencies } from '../../ui/money.tsx';
import { PageSkeleton } from '../../ui/skeleton.tsx';
import { type Column, DataTable } from '../../ui/table.tsx';
import { RATE_DEFINITIONS, reasonLabel, type Thresholds, thresholdsOf } from '../../words/abandonment.ts';
import { stageLabel } from '../../words/stage.ts';
import { Points } from './points.tsx';
import { States } from './states.tsx';

type Reason = WireAbandonment['reasons'][number];
type Point = WireAbandonment['points'][number];
type Product = WireAbandonment['products'][number];

const LEFT = 'Carts abandoned or lost as of now.';
const POINT_MEANING = 'The furthest point the cart itself reached before it was left.';
const REASON_MEANING = 'The last friction seen after the last progress of the cart.';
const PRODUCT_COLUMNS = {
  carts: 'Carts this product was ever in.',
  left: 'Carts abandoned or lost with this product in them. A cart counts once for each of its products.',
  bought: 'Carts ordered with this product in the order.',
  value: 'What this product is worth in the carts abandoned or lost.',
};

const kpisOf = (report: WireAbandonment, first: string, t: Thresholds): Kpi[] => {
  const { carts, checkout } = report;
  const fromCheckout = (rate: number | null): string => `${formatRate(rate)} from checkout on`;
  const left = addMoney(report.points.map(({ value }) => value));
  const [currency, ...others] = orderedCurrencies(Object.keys(left), first);
  return [
    {
      label: 'Abandonment rate',
      meaning: RATE_DEFINITIONS.abandonment_rate(t),
      value: formatRate(report.abandonment_rate),
      note: fromCheckout(checkout.abandonment_rate),
    },
    {
      label: 'Recovery rate',
      meaning: RATE_DEFINITIONS.recovery_rate(),
      value: formatRate(report.recovery_rate),
      note: fromCheckout(checkout.recovery_rate),
    },
    {
      label: 'Not bought',
      meaning: RATE_DEFINITIONS.not_bought_rate(),
      value: formatRate(report.not_bought_rate),
      note: fromCheckout(checkout.not_bought_rate),
    },
    {
      label: 'Value left',
      meaning: RATE_DEFINITIONS.value_left(),
      value: currency === undefined ? NONE : formatMoney(left[currency] ?? 0, currency),
      note: others.length > 0 ? others.map((code) => formatMoney(left[code] ?? 0, code)).join(' · ') : undefined,
    },
    {
      label: 'Carts opened',
      meaning: 'Carts whose first event lies in the period. Each is in exactly one state.',
      value: formatCount(carts.created),
      note: `${formatCount(carts.revived)} came back to life`,
    },
  ];
};

const pointColumns = (first: string, all: number): readonly Column<Point>[] => [
  { key: 'stage', head: 'Left at', meaning: POINT_MEANING, cell: ({ stage }) => stageLabel(stage) },
  { key: 'carts', head: 'Carts', meaning: LEFT, cell: ({ carts }) => formatCount(carts) },
  { key: 'share', head: 'Share', cell: ({ carts }) => formatRate(ratio(carts, all)) },
  { key: 'value', head: 'Value left', cell: ({ value }) => <MoneyLines value={value} first={first} /> },
];

const reasonColumns = (first: string, all: number): readonly Column<Reason>[] => [
  {
    key: 'code',
    head: 'Last friction',
    meaning: REASON_MEANING,
    cell: ({ code, carts }) => (
      <>
        {reasonLabel(code)}
        <span className="meter" style={{ '--share': `${(ratio(carts, all) ?? 0) * 100}%` }} />
      </>
    ),
  },
  { key: 'carts', head: 'Carts', meaning: LEFT, cell: ({ carts }) => formatCount(carts) },
  { key: 'value', head: 'Value left', cell: ({ value }) => <MoneyLines value={value} first={first} /> },
];

const productColumns = (first: string): readonly Column<Product>[] => [
  {
    key: 'product',
    head: 'Product',
    cell: ({ product_id, name }) => (
      <>
        {name ?? product_id}
        {name !== null && <span className="meaning">{product_id}</span>}
      </>
    ),
  },
  { key: 'carts', head: 'In carts', meaning: PRODUCT_COLUMNS.carts, cell: ({ carts }) => formatCount(carts) },
  { key: 'left', head: 'Left', meaning: PRODUCT_COLUMNS.left, cell: ({ left }) => formatCount(left) },
  { key: 'bought', head: 'Bought', meaning: PRODUCT_COLUMNS.bought, cell: ({ bought }) => formatCount(bought) },
  {
    key: 'value',
    head: 'Value left',
    meaning: PRODUCT_COLUMNS.value,
    cell: ({ value_left }) => <MoneyLines value={value_left} first={first} />,
  },
];

const Abandonment = ({ report }: { report: WireAbandonment }) => {
  const { store } = useShop();
  const thresholds = thresholdsOf(store);
  const left = report.carts.abandoned + report.carts.lost;
  return (
    <>
      <Kpis label="Key numbers" kpis={kpisOf(report, store.currency, thresholds)} />
      <div className="columns">
        <Card title="Where carts are left" note="Furthest point reached">
          <Points points={report.points} currency={store.currency} />
        </Card>
        <Card title="What became of the carts" note={`${formatCount(report.carts.created)} opened`}>
          <States carts={report.carts} thresholds={thresholds} />
        </Card>
      </div>
      <div className="columns">
        <Card title="By point">
          <DataTable
            caption="Carts left, by point"
            rows={report.points}
            rowKey={({ stage }) => stage}
            columns={pointColumns(store.currency, left)}
          />
        </Card>
        <Card title="Why">
          <DataTable
            caption="Carts left, by reason"
            rows={report.reasons}
            rowKey={({ code }) => code}
            columns={reasonColumns(store.currency, left)}
            limit={8}
          />
        </Card>
      </div>
      <Card title="Products left behind" note="By value left">
        <DataTable
          caption="Products left behind"
          rows={report.products}
          rowKey={({ product_id }) => product_id}
          columns={productColumns(store.currency)}
          limit={12}
        />
      </Card>
    </>
  );
};

export const AbandonmentPage = () => (
  <ReportPage
    name="abandonment"
    title="Abandonment"
    isEmpty={({ carts }) => carts.created === 0}
    skeleton={<PageSkeleton kpis={5} chart={{ wide: 212, narrow: 212 }} />}
  >
    {(report) => <Abandonment report={report} />}
  </ReportPage>
);
