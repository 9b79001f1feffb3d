import { REFUNDS_ON, type RefundsOn } from '@cartledger/funnel';
import type { WireRevenue } from '../../api/wire.ts';
import { NONE } from '../../format/locale.ts';
import { formatMoney } from '../../format/money.ts';
import { formatCount } from '../../format/number.ts';
import { ReportPage } from '../../layout/report-page.tsx';
import { type Shop, useShop } from '../../layout/shop.ts';
import { Card } from '../../ui/card.tsx';
import { type Kpi, Kpis } from '../../ui/kpi.tsx';
import { orderedCurrencies } from '../../ui/money.tsx';
import { Picker } from '../../ui/picker.tsx';
import { PageSkeleton } from '../../ui/skeleton.tsx';
import { REFUNDS_WORDS, REVENUE_DEFINITIONS } from '../../words/revenue.ts';
import { Bridge } from './bridge.tsx';
import { Stages } from './stages.tsx';

type Revenue = WireRevenue['currencies'][string];

const kpisOf = ({ orders, carts }: Revenue, currency: string, refundsOn: RefundsOn): Kpi[] => {
  const money = (amount: number | null): string => (amount === null ? NONE : formatMoney(amount, currency));
  return [
    {
      label: 'Net',
      meaning: REFUNDS_WORDS[refundsOn].net,
      value: money(orders.net),
      note: `${money(orders.order_total)} charged, ${money(orders.refunds)} refunded`,
    },
    {
      label: 'Gross sales',
      meaning: REVENUE_DEFINITIONS.gross_sales,
      value: money(orders.gross_sales),
      note: `${money(orders.net_sales)} net sales`,
    },
    {
      label: 'Orders',
      meaning: REVENUE_DEFINITIONS.orders,
      value: formatCount(orders.count),
      note: `${formatCount(orders.without_cart)} without a cart`,
    },
    {
      label: 'Average order value',
      meaning: REVENUE_DEFINITIONS.average_order_value,
      value: money(orders.average_order_value),
      note: 'before tax added and shipping',
    },
    {
      label: 'Left in carts',
      meaning: REVENUE_DEFINITIONS.left,
      value: money(carts.left),
      note: `${money(carts.standing)} still standing`,
    },
  ];
};

const CurrencyTabs = ({
  codes,
  chosen,
  onChoose,
}: {
  codes: string[];
  chosen: string;
  onChoose: (code: string) => void;
}) => (
  <fieldset className="tabs" style={{ justifySelf: 'start', border: 0, margin: 0 }}>
    <legend className="visually-hidden">Currency</legend>
    {codes.map((code) => (
      <button key={code} type="button" aria-pressed={code === chosen} onClick={() => onChoose(code)}>
        {code}
      </button>
    ))}
  </fieldset>
);

/** Where the carts opened in the period went; joined to the bridge by `timing`. */
const CartStatement = ({ revenue, currency }: { revenue: Revenue; currency: string }) => {
  const { carts, timing } = revenue;
  const money = (amount: number): string => formatMoney(amount, currency);
  return (
    <p className="card-note">
      Carts opened in the period held {money(carts.value)}: {money(carts.bought)} bought, {money(carts.left)} left,{' '}
      {money(carts.standing)} standing, {money(carts.emptied)} emptied. Orders of the period came from carts worth{' '}
      {money(timing + carts.bought)}; the difference to what was bought, {money(timing)}, is timing: carts opened on
      other days.
    </p>
  );
};

const codesOf = (report: WireRevenue, { store }: Shop): string[] =>
  orderedCurrencies(Object.keys(report.currencies), store.currency);

/** The one the address names, if the report has it, else the store's own or the first there is. */
const shownCurrency = (report: WireRevenue, shop: Shop): string | undefined => {
  const codes = codesOf(report, shop);
  return codes.find((code) => code === shop.view.currency) ?? codes[0];
};

export const RevenueOf = ({ report }: { report: WireRevenue }) => {
  const shop = useShop();
  const codes = codesOf(report, shop);
  const currency = shownCurrency(report, shop);
  const revenue = currency === undefined ? undefined : report.currencies[currency];
  if (currency === undefined || revenue === undefined) return null;
  return (
    <>
      {codes.length > 1 && (
        <CurrencyTabs codes={codes} chosen={currency} onChoose={(code) => shop.setView({ currency: code })} />
      )}
      <Kpis label="Key numbers" kpis={kpisOf(revenue, currency, report.refunds_on)} />
      <Bridge revenue={revenue} currency={currency} refundsOn={report.refunds_on} />
      <Card title="Cart value by stage" note="Carts opened in the period">
        <div className="stack">
          <Stages stages={revenue.stages} currency={currency} />
          <CartStatement revenue={revenue} currency={currency} />
        </div>
      </Card>
    </>
  );
};

const RefundsPicker = () => {
  const { view, setView } = useShop();
  return (
    <Picker
      label="Refunds"
      value={view.refundsOn}
      options={REFUNDS_ON.map((day) => ({ value: day, text: REFUNDS_WORDS[day].choice }))}
      onPick={(refundsOn) => setView({ refundsOn })}
    />
  );
};

export const RevenuePage = () => (
  <ReportPage
    name="revenue"
    title="Revenue by stage"
    currency={shownCurrency}
    tools={<RefundsPicker />}
    isEmpty={({ currencies }) => Object.keys(currencies).length === 0}
    skeleton={<PageSkeleton kpis={5} chart={{ wide: 330, narrow: 436 }} />}
  >
    {(report) => <RevenueOf report={report} />}
  </ReportPage>
);
