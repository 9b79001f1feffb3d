/** What is behind a figure: the rows the reference lists, which come to what the report says. */
import {
  BREAKDOWNS,
  compareUtf8,
  explainReference,
  REFUNDS_ON,
  type ReferenceReports,
  type RefundsOn,
  reference,
  stringifyExact,
} from '@cartledger/funnel';
import type { ReportQuery, Reports } from '@cartledger/reports';
import { abandonmentFigures, funnelFigures, type Reported, revenueFigures } from './explain-figures.ts';
import { type Asked, type Finding, queryOf } from './property-check.ts';

type Figure = Reported & { report: 'funnel' | 'abandonment' | 'revenue' };

/** Of carts with a checkout the report says only rates, which are made of these. */
const withCheckout = ({ carts }: ReferenceReports['abandonment']): Reported[] =>
  Object.keys(carts).map((name) => ({ figure: `figure=${name},checkout=true` }));

const figuresOf = (
  { funnels: [stages], conflicts, breakdown, abandonment, details, ...more }: ReferenceReports,
  refundsOn: RefundsOn,
): Figure[][] => {
  const { revenue: currencies } = refundsOn === 'order' ? more.byOrderDay : more;
  const [values] = breakdown ?? [];
  const of = (report: Figure['report'], figures: readonly Reported[]): Figure[] =>
    figures.map((figure) => ({ report, ...figure }));
  return [
    conflicts[0] === null && stages
      ? of('funnel', funnelFigures({ stages, ...(values && { breakdown: values }) }))
      : [],
    of('abandonment', [...abandonmentFigures({ ...abandonment, ...details }), ...withCheckout(abandonment)]),
    of('revenue', revenueFigures({ currencies })),
  ].filter((figures) => figures.length > 0);
};

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
  const breakdown = random.pick(BREAKDOWNS);
  const breakdownValues = 1 + random.below(3);
  const definition = { ...store.definition, funnels: [funnel] };
  const input = { deliveries, definition, versions, breakdown, breakdownValues, ...question };
  const expected = reference(input);
  const refundsOn = random.pick(REFUNDS_ON);
  const [first, ...others] = figuresOf(expected, refundsOn);
  if (first === undefined) return [];
  const [one, ...more] = random.pick([first, ...others]);
  if (one === undefined) return [];
  const figure = random.pick([one, ...more]);
  const what = `explain ${figure.report} ${figure.figure}, by ${breakdown}, ${breakdownValues} values, refunds on the day of the ${refundsOn}`;
  const right = explainReference({ ...input, funnel, refundsOn }, `${figure.report} ${figure.figure}`);
  const limit = random.pick([2, 1_000, 1_000]);
  const { rows, count, amount, open_from } = await listed(
    reports,
    figure,
    { ...query, ...funnel, breakdown, breakdown_values: breakdownValues, refunds_on: refundsOn },
    limit,
  );
  const { funnels, abandonment, revenue } = expected.openFrom;
  const pairs: [string, unknown, unknown][] = [
    ['open_from', { funnel: funnels[0], abandonment, revenue }[figure.report], open_from],
    ['rows', stringifyExact(inOrder(right.rows)), stringifyExact(inOrder(rows))],
    ['count', right.count, count],
    ['amount', right.amount, amount],
    ['is as reported', figure.count ?? figure.amount ?? right.count, amount ?? count],
  ];
  return pairs.filter(([, a, b]) => a !== b).map(([path, expected, actual]) => ({ what, path, expected, actual }));
};
