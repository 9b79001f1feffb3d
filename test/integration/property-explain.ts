/** What is behind a figure: the rows the reference lists, which come to what the report says. */
import {
  compareUtf8,
  explainReference,
  REFUNDS_ON,
  type ReferenceReports,
  reference,
  stringifyExact,
} from '@cartledger/funnel';
import type { ReportQuery, Reports } from '@cartledger/reports';
import { type Asked, type Finding, queryOf } from './property-check.ts';

type Figure = { report: 'funnel' | 'abandonment' | 'revenue'; figure: string; reported: number | bigint };

const CART_FIGURES = [
  'created',
  'active',
  'idle',
  'abandoned',
  'lost',
  'emptied',
  'purchased',
  'recovered',
  'recovered_late',
  'revived',
] as const;

const funnelFigures = ({ funnels: [stages = []] }: ReferenceReports): Figure[] =>
  stages
    // One name for two stages names the first.
    .filter(({ stage }, k) => stages.findIndex((other) => other.stage === stage) === k)
    .flatMap(({ stage, units, units_any, dropped }) => [
      { report: 'funnel' as const, figure: `stage=${stage}`, reported: units },
      { report: 'funnel' as const, figure: `stage=${stage},figure=units_any`, reported: units_any },
      { report: 'funnel' as const, figure: `stage=${stage},figure=dropped`, reported: dropped },
    ]);

const abandonmentFigures = ({ abandonment, details }: ReferenceReports): Figure[] => {
  const { carts, points, reasons, products } = abandonment;
  const report = 'abandonment' as const;
  const amounts = (figure: string, value: Record<string, bigint>): Figure[] =>
    Object.entries(value).map(([currency, reported]) => ({
      report,
      figure: `${figure},currency=${currency}`,
      reported,
    }));
  return [
    ...CART_FIGURES.map((name) => ({ report, figure: `figure=${name}`, reported: carts[name] })),
    { report, figure: 'figure=contactable', reported: details.contactable.carts },
    ...amounts('figure=contactable', details.contactable.value),
    ...points.flatMap(({ stage, carts: n, value }) => [
      { report, figure: `point=${stage}`, reported: n },
      ...amounts(`point=${stage}`, value),
    ]),
    ...reasons.flatMap(({ code, carts: n, value }) => [
      { report, figure: `reason=${code}`, reported: n },
      ...amounts(`reason=${code}`, value),
    ]),
    ...products.flatMap(({ product_id: id, carts: n, left, bought, value_left }) => [
      { report, figure: `product=${id},figure=carts`, reported: n },
      { report, figure: `product=${id},figure=left`, reported: left },
      { report, figure: `product=${id},figure=bought`, reported: bought },
      ...amounts(`product=${id},figure=value_left`, value_left),
    ]),
  ];
};

const STAGE_FIGURES = ['carts', 'reached', 'left', 'standing', 'emptied', 'recovered'] as const;
const CART_SUMS = ['value', 'left', 'standing', 'emptied', 'bought'] as const;
const ORDER_FIGURES = [
  'count',
  'without_cart',
  'gross_sales',
  'discounts',
  'tax',
  'shipping',
  'unexplained',
  'order_total',
  'refunds',
  'net',
  'net_sales',
] as const;

const revenueFigures = ({ revenue }: Pick<ReferenceReports, 'revenue'>): Figure[] =>
  Object.entries(revenue).flatMap(([currency, { stages, carts, orders, bridge, timing }]) =>
    [
      ...stages.flatMap((row) =>
        STAGE_FIGURES.map((name) => ({ figure: `stage=${row.stage},figure=${name}`, reported: row[name] })),
      ),
      ...CART_SUMS.map((name) => ({ figure: `carts=${name}`, reported: carts[name] })),
      ...ORDER_FIGURES.map((name) => ({ figure: `orders=${name}`, reported: orders[name] })),
      ...bridge.map(({ line, amount }) => ({ figure: `line=${line}`, reported: amount })),
      { figure: 'figure=timing', reported: timing },
    ].map(({ figure, reported }) => ({
      report: 'revenue' as const,
      figure: `currency=${currency},${figure}`,
      reported,
    })),
  );

type Listed = { id: string; amount: bigint | null };

/** All pages. */
const listed = async (reports: Reports, { report, figure }: Figure, query: ReportQuery, limit: number) => {
  const rows: Listed[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await reports.explain(report, query, { figure, limit, cursor });
    rows.push(...page.rows.map(({ id, amount }) => ({ id, amount })));
    const { open_from } = page;
    if (page.next_cursor === null) return { rows, count: page.count, amount: page.amount?.amount ?? null, open_from };
    cursor = page.next_cursor;
  }
};

/** Printed keys may coincide. */
const inOrder = (rows: readonly Listed[]): Listed[] =>
  rows.toSorted((a, b) => compareUtf8(a.id, b.id) || Number((a.amount ?? 0n) - (b.amount ?? 0n)));

/** A figure of one of the reports, chosen at random. */
export const explainFindings = async (asked: Asked): Promise<Finding[]> => {
  const { reports, store, deliveries, question, random } = asked;
  const query = queryOf(asked);
  const funnel = store.definition.funnels[random.below(store.definition.funnels.length)];
  if (funnel === undefined) return [];
  const { versions } = store;
  const input = { deliveries, definition: { ...store.definition, funnels: [funnel] }, versions, ...question };
  const expected = reference(input);
  const refundsOn = random.pick(REFUNDS_ON);
  const [first, ...others] = [
    expected.conflicts[0] === null ? funnelFigures(expected) : [],
    abandonmentFigures(expected),
    revenueFigures(refundsOn === 'order' ? expected.byOrderDay : expected),
  ].filter((figures) => figures.length > 0);
  if (first === undefined) return [];
  const [one, ...more] = random.pick([first, ...others]);
  if (one === undefined) return [];
  const figure = random.pick([one, ...more]);
  const what = `explain ${figure.report} ${figure.figure}, refunds on the day of the ${refundsOn}`;
  const right = explainReference({ ...input, funnel, refundsOn }, `${figure.report} ${figure.figure}`);
  const limit = random.pick([2, 1_000, 1_000]);
  const { rows, count, amount, open_from } = await listed(
    reports,
    figure,
    { ...query, ...funnel, refunds_on: refundsOn },
    limit,
  );
  const { funnels, abandonment, revenue } = expected.openFrom;
  const pairs: [string, unknown, unknown][] = [
    ['open_from', { funnel: funnels[0], abandonment, revenue }[figure.report], open_from],
    ['rows', stringifyExact(inOrder(right.rows)), stringifyExact(inOrder(rows))],
    ['count', right.count, count],
    ['amount', right.amount, amount],
    ['is as reported', figure.reported, amount ?? count],
  ];
  return pairs.filter(([, a, b]) => a !== b).map(([path, expected, actual]) => ({ what, path, expected, actual }));
};
