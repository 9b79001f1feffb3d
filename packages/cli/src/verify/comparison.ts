/** The reports to one question against the reference engine, which looks at the events part by part. */
import type { Delivery } from '@cartledger/events';
import {
  differences,
  funnelKey,
  mergeReference,
  type ReferenceReports,
  type RevenueReport,
  reference,
} from '@cartledger/funnel';
import type { StoreAnswer } from '../stores.ts';
import type { Question } from './questions.ts';
import { countRank, createRank, isRight, type Rank, rightOf } from './ranks.ts';

export type Difference = { report: string; path: string; expected: unknown; actual: unknown };

/** What the engine says of some parts. */
type Tally = { reports: ReferenceReports | null; ranks: ReadonlyMap<string, readonly Figure[]> };
type Figure = { report: string; path: string; rank: Rank };

export type Comparison = {
  /** The same comparison with what was added to it so far: adding to one of them leaves the other as it is. */
  fork(): Comparison;
  /** Adds whole components. */
  add(deliveries: readonly Delivery[]): void;
  differences(): Difference[];
};

const QUANTILES = [
  'median_ms_to_next',
  'p90_ms_to_next',
  'median_ms_to_abandonment',
  'p90_ms_to_abandonment',
  'median_ms_to_recovery',
  'p90_ms_to_recovery',
  'median_ms',
  'p90_ms',
];

/** The frame of a report: what no engine says anew, and `open_from`, which is compared by itself. */
const headless = <T extends object>(report: T): Omit<T, keyof typeof HEAD> =>
  Object.fromEntries(Object.entries(report).filter(([key]) => !(key in HEAD))) as Omit<T, keyof typeof HEAD>;
const HEAD = {
  report: 0,
  store_id: 0,
  from: 0,
  to: 0,
  timezone: 0,
  as_of: 0,
  open_from: 0,
  definition_versions: 0,
  warnings: 0,
} as const;

/** Rates of exchange are not read: totals that needed one are left out. */
const usesRates = ({ converted }: RevenueReport): boolean =>
  converted !== null && (converted.rate_days !== null || converted.missing.length > 0);

/** What `differences` leaves out, in words. */
export const notCompared = (list: readonly Question[]): string[] => [
  'breakdowns',
  'funnels that the store does not keep',
  ...(list.some(({ revenue, revenueByOrderDay }) => usesRates(revenue) || usesRates(revenueByOrderDay))
    ? ['totals converted at rates of exchange']
    : []),
  'explanations',
  'restatements',
  'data quality',
  'warnings',
];

/** Every reported quantile, by the place under which the engine lists the values it is of. */
const figuresOf = ({ funnels, abandonment, pipeline }: Question, names: readonly string[]): Map<string, Figure[]> => {
  const figures = new Map<string, Figure[]>();
  const put = (place: string, report: string, path: string, median: number | null, p90: number | null): void => {
    figures.set(place, [
      { report, path: path.replace('*', 'median'), rank: createRank(median, 50) },
      { report, path: path.replace('*', 'p90'), rank: createRank(p90, 90) },
    ]);
  };
  funnels.forEach((funnel, i) => {
    funnel?.stages.forEach((stage, k) => {
      const { median_ms_to_next: median, p90_ms_to_next: p90 } = stage;
      put(`funnels[${i}].stages[${k}].ms_to_next`, names[i] ?? '', `stages[${k}].*_ms_to_next`, median, p90);
    });
  });
  const { median_ms_to_abandonment, p90_ms_to_abandonment, median_ms_to_recovery, p90_ms_to_recovery } =
    abandonment.times;
  const at = 'abandonment.times.ms_to_';
  put(`${at}abandonment`, 'abandonment', 'times.*_ms_to_abandonment', median_ms_to_abandonment, p90_ms_to_abandonment);
  put(`${at}recovery`, 'abandonment', 'times.*_ms_to_recovery', median_ms_to_recovery, p90_ms_to_recovery);
  const { median_ms, p90_ms } = pipeline.sales_cycle;
  put('pipeline.sales_cycle.ms', 'pipeline', 'sales_cycle.*_ms', median_ms, p90_ms);
  return figures;
};

const comparisonFrom = (
  question: Question,
  { definition, versions }: StoreAnswer,
  asOf: number,
  tally: Tally,
): Comparison => {
  const { from, to } = question;
  let { reports } = tally;
  const { ranks } = tally;
  return {
    fork: () =>
      comparisonFrom(question, { definition, versions }, asOf, {
        reports,
        ranks: new Map(
          [...ranks].map(([place, figures]) => [
            place,
            figures.map((figure) => ({ ...figure, rank: { ...figure.rank } })),
          ]),
        ),
      }),
    add(deliveries) {
      const part = reference({ deliveries, definition, versions, asOf, from, to });
      for (const { place, values } of part.times)
        for (const { rank } of ranks.get(place) ?? []) countRank(rank, values);
      // Lists that grow with the store are not kept.
      const lean = { ...part, times: [], carts: [], orders: [] };
      reports = reports === null ? lean : mergeReference([reports, lean]);
    },
    differences() {
      if (reports === null) return [];
      const { abandonment, details, byOrderDay, pipeline, funnels, openFrom } = reports;
      const pairs: [string, unknown, unknown][] = [
        ...question.funnels.flatMap((report, i): [string, unknown, unknown][] =>
          report === null ? [] : [[nameOf(report), funnels[i], report.stages]],
        ),
        ['abandonment', { ...abandonment, ...details }, headless(question.abandonment)],
        ...revenuePairs('revenue', reports, question.revenue),
        ...revenuePairs(BY_ORDER_DAY, byOrderDay, question.revenueByOrderDay),
        ['pipeline', pipeline, headless(question.pipeline)],
        ...question.funnels.flatMap((report, i): [string, unknown, unknown][] =>
          report === null ? [] : [openPair(nameOf(report), openFrom.funnels[i], report)],
        ),
        openPair('abandonment', openFrom.abandonment, question.abandonment),
        openPair('revenue', openFrom.revenue, question.revenue),
        openPair(BY_ORDER_DAY, openFrom.revenue, question.revenueByOrderDay),
        openPair('pipeline', openFrom.pipeline, question.pipeline),
      ];
      return [
        ...pairs.flatMap(([report, expected, actual]) =>
          differences(expected, actual, { ignoredKeys: QUANTILES }).map((difference) => ({ report, ...difference })),
        ),
        ...[...ranks.values()]
          .flat()
          .filter(({ rank }) => !isRight(rank))
          .map(({ report, path, rank }) => ({ report, path, expected: rightOf(rank), actual: rank.reported })),
      ];
    },
  };
};

const BY_ORDER_DAY = 'revenue, refunds_on=order:';

const revenuePairs = (
  name: string,
  { revenue, converted }: ReferenceReports['byOrderDay'],
  report: RevenueReport,
): [string, unknown, unknown][] => {
  const needsRates = converted !== null && converted.missing.length > 0;
  return [
    [name, revenue, report.currencies],
    // A report that claims to need no rate where the engine needs one is compared, and found.
    ...(needsRates && usesRates(report)
      ? []
      : [[name, { converted }, { converted: report.converted }] satisfies [string, unknown, unknown]]),
  ];
};

const openPair = (
  name: string,
  expected: unknown,
  { open_from }: { open_from: string | null },
): [string, unknown, unknown] => [name, { open_from: expected }, { open_from }];

const nameOf = ({ unit, mode, window_ms }: { unit: string; mode: string; window_ms: number }): string =>
  `funnel ${unit}/${mode}/${window_ms}`;

/** Begins with no events: without any, everything is to be zero. */
export const createComparison = (question: Question, store: StoreAnswer, asOf: number): Comparison => {
  const names = store.definition.funnels.map((funnel) => `funnel ${funnelKey(funnel)}`);
  const begun = comparisonFrom(question, store, asOf, { reports: null, ranks: figuresOf(question, names) });
  begun.add([]);
  return begun;
};
