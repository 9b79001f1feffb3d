import { useMemo } from 'react';
import type { WireAbandonment } from '../../api/wire.ts';
import { NONE } from '../../format/locale.ts';
import { formatMoney } from '../../format/money.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { ReportPage } from '../../layout/report-page.tsx';
import { useShop } from '../../layout/shop.ts';
import { Card } from '../../ui/card.tsx';
import { type Kpi, Kpis } from '../../ui/kpi.tsx';
import { addMoney, orderedCurrencies } from '../../ui/money.tsx';
import { PageSkeleton } from '../../ui/skeleton.tsx';
import { RATE_DEFINITIONS, reasonLabel, type Thresholds, thresholdsOf } from '../../words/abandonment.ts';
import { stageLabel } from '../../words/stage.ts';
import { LeftCard } from './left.tsx';
import { Products } from './products.tsx';
import { States } from './states.tsx';

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
      note:
        others.length > 0
          ? others.map((code) => formatMoney(left[code] ?? 0, code)).join(' · ')
          : `in ${formatCount(carts.abandoned + carts.lost)} carts`,
    },
    {
      label: 'Carts opened',
      meaning: 'Carts whose first event lies in the period. Each is in exactly one state.',
      value: formatCount(carts.created),
      note: `${formatCount(carts.purchased + carts.recovered)} ordered`,
    },
  ];
};

export const Abandonment = ({ report }: { report: WireAbandonment }) => {
  const { store } = useShop();
  const thresholds = thresholdsOf(store);
  const { carts, points, reasons } = report;
  const all = carts.abandoned + carts.lost;
  const byPoint = useMemo(
    () => points.map((point) => ({ ...point, key: point.stage, name: stageLabel(point.stage) })),
    [points],
  );
  const byReason = useMemo(
    () => reasons.map((reason) => ({ ...reason, key: reason.code, name: reasonLabel(reason.code) })),
    [reasons],
  );
  return (
    <>
      <Kpis label="Key numbers" kpis={kpisOf(report, store.currency, thresholds)} />
      <Card title="What became of the carts" note={`${formatCount(carts.created)} opened in the period`}>
        <States carts={carts} thresholds={thresholds} />
      </Card>
      <div className="columns">
        <LeftCard
          title="Where carts are left"
          note="Furthest point reached"
          head="Left at"
          meaning="The furthest point the cart itself reached before it was left."
          rows={byPoint}
          all={all}
          currency={store.currency}
        />
        <LeftCard
          title="Why carts are left"
          note="Last friction seen"
          head="Reason"
          meaning="The last friction seen after the last progress of the cart."
          rows={byReason}
          all={all}
          currency={store.currency}
        />
      </div>
      <Products products={report.products} currency={store.currency} />
    </>
  );
};

export const AbandonmentPage = () => (
  <ReportPage
    name="abandonment"
    title="Abandonment"
    isEmpty={({ carts }) => carts.created === 0}
    skeleton={<PageSkeleton kpis={5} chart={{ wide: 130, narrow: 290 }} />}
  >
    {(report) => <Abandonment report={report} />}
  </ReportPage>
);
