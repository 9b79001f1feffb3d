/** Every count and amount of a report, with the words in which its explanation is asked for. */
import {
  type AbandonmentBody,
  type AbandonmentDetails,
  type FunnelReport,
  type MoneyByCurrency,
  POINTS,
  type RevenueReport,
  stageNames,
} from '@cartledger/funnel';

export type Reported = { figure: string; count?: number; amount?: bigint };

const money = (prefix: string, value: MoneyByCurrency): Reported[] =>
  Object.entries(value).map(([currency, amount]) => ({ figure: `${prefix},currency=${currency}`, amount }));

export const funnelFigures = ({ stages, breakdown }: Pick<FunnelReport, 'stages' | 'breakdown'>): Reported[] => {
  const of = (rows: FunnelReport['stages'], value: string): Reported[] => {
    const names = stageNames(rows.map(({ stage }) => stage));
    return rows.flatMap(({ units, units_any, dropped }, k) => [
      { figure: `stage=${names[k]}${value}`, count: units },
      { figure: `stage=${names[k]},figure=units_any${value}`, count: units_any },
      { figure: `stage=${names[k]},figure=dropped${value}`, count: dropped },
    ]);
  };
  return [...of(stages, ''), ...(breakdown?.values ?? []).flatMap((row) => of(row.stages, `,value=${row.value}`))];
};

export const abandonmentFigures = (report: AbandonmentBody & AbandonmentDetails): Reported[] => [
  ...Object.entries(report.carts).map(([figure, count]) => ({ figure: `figure=${figure}`, count })),
  ...report.points.flatMap(({ stage, carts, value }) => [
    { figure: `point=${stage}`, count: carts },
    ...money(`point=${stage}`, value),
  ]),
  ...POINTS.filter((point) => report.points.every(({ stage }) => stage !== point)).map((point) => ({
    figure: `point=${point}`,
    count: 0,
  })),
  ...report.reasons.flatMap(({ code, carts, value }) => [
    { figure: `reason=${code}`, count: carts },
    ...money(`reason=${code}`, value),
  ]),
  ...report.products.flatMap(({ product_id, carts, left, bought, value_left }) => [
    { figure: `product=${product_id},figure=carts`, count: carts },
    { figure: `product=${product_id},figure=left`, count: left },
    { figure: `product=${product_id},figure=bought`, count: bought },
    ...money(`product=${product_id},figure=value_left`, value_left),
  ]),
  { figure: 'figure=contactable', count: report.contactable.carts },
  ...money('figure=contactable', report.contactable.value),
  ...money('figure=peak_value', report.peak_value),
  ...money('figure=removed', report.removed),
  ...report.last_pages.flatMap(({ page, carts, value }) => [
    { figure: `last_page=${page}`, count: carts },
    ...money(`last_page=${page}`, value),
  ]),
  ...report.last_products.flatMap(({ product_id, carts, value }) => [
    { figure: `last_product=${product_id}`, count: carts },
    ...money(`last_product=${product_id}`, value),
  ]),
];

export const revenueFigures = ({ currencies }: Pick<RevenueReport, 'currencies'>): Reported[] =>
  Object.entries(currencies).flatMap(([currency, { stages, carts, orders, bridge, timing, difference }]) => {
    const { count, without_cart, average_order_value: _, ...amounts } = orders;
    const prefix = `currency=${currency}`;
    return [
      ...stages.flatMap(({ stage, carts, ...sums }) => [
        { figure: `${prefix},stage=${stage},figure=carts`, count: carts },
        ...Object.entries(sums).map(([name, amount]) => ({
          figure: `${prefix},stage=${stage},figure=${name}`,
          amount,
        })),
      ]),
      ...Object.entries(carts).map(([name, amount]) => ({ figure: `${prefix},carts=${name}`, amount })),
      { figure: `${prefix},orders=count`, count },
      { figure: `${prefix},orders=without_cart`, count: without_cart },
      ...Object.entries(amounts).map(([name, amount]) => ({ figure: `${prefix},orders=${name}`, amount })),
      ...bridge.map(({ line, amount }) => ({ figure: `${prefix},line=${line}`, amount })),
      { figure: `${prefix},figure=timing`, amount: timing },
      { figure: `${prefix},figure=difference`, amount: difference },
    ];
  });
