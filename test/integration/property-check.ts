/** What the reports of one store say, against the reference engine and against themselves. */
import type { Store } from '@cartledger/control';
import type { Delivery } from '@cartledger/events';
import {
  type AbandonmentBody,
  BREAKDOWNS,
  type Breakdown,
  type CurrencyRevenue,
  DAY_MS,
  type Definition,
  differences,
  type Funnel,
  type FunnelStage,
  type FxRate,
  funnelKey,
  HOUR_MS,
  MINUTE_MS,
  type ReferenceReports,
  type RefundsOn,
  reference,
  stringifyExact,
  versionInForce,
} from '@cartledger/funnel';
import type { Random } from '@cartledger/funnel/testing';
import { ReportError, type ReportQuery, type Reports } from '@cartledger/reports';
import type { Question } from './property-history.ts';

export type Finding = { what: string; path: string; expected: unknown; actual: unknown };

const SHOWN = 5;

/** For who reads a failure. */
export const told = ({ asOf, from, to }: Question, findings: readonly Finding[]): string[] => [
  `${from} to ${to} as of ${new Date(asOf).toISOString()}: ${findings.length} differences`,
  ...findings
    .slice(0, SHOWN)
    .map(
      ({ what, path, expected, actual }) =>
        `${what} ${path}: reference ${stringifyExact(expected)}, report ${stringifyExact(actual)}`,
    ),
];

/** [name, what must be so, what is]. */
type Identity = [string, unknown, unknown];

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);

const funnelIdentities = (mode: string, stages: readonly FunnelStage[]): Identity[] =>
  mode === 'open'
    ? []
    : stages
        .slice(1)
        .map((stage, k) => [
          `${stage.stage} and what was dropped before it are the stage before`,
          stages[k]?.units,
          stage.units + (stages[k]?.dropped ?? 0),
        ]);

const cartIdentities = ({ carts: c, points, reasons }: AbandonmentBody): Identity[] => [
  [
    'created is the seven states',
    c.created,
    c.active + c.idle + c.abandoned + c.lost + c.emptied + c.purchased + c.recovered,
  ],
  ['points are abandoned and lost', c.abandoned + c.lost, points.reduce((n, point) => n + point.carts, 0)],
  ['reasons are abandoned and lost', c.abandoned + c.lost, reasons.reduce((n, reason) => n + reason.carts, 0)],
];

const revenueIdentities = (currency: string, r: CurrencyRevenue, whole: boolean): Identity[] => [
  [`${currency} difference`, 0n, r.difference],
  ...(whole ? [[`${currency} timing over all history`, 0n, r.timing] satisfies Identity] : []),
  [`${currency} value of carts`, r.carts.value, sum([r.carts.left, r.carts.standing, r.carts.emptied, r.carts.bought])],
  ...r.stages
    .slice(0, -1)
    .map(
      (stage, k): Identity => [
        `${currency} ${stage.stage} reached`,
        stage.reached,
        sum([stage.left, stage.standing, stage.emptied, r.stages[k + 1]?.reached ?? 0n]),
      ],
    ),
];

const broken = (what: string, identities: readonly Identity[]): Finding[] =>
  identities
    .filter(([, expected, actual]) => expected !== actual)
    .map(([path, expected, actual]) => ({ what, path, expected, actual }));

const HEAD = [
  'report',
  'store_id',
  'from',
  'to',
  'timezone',
  'as_of',
  'open_from',
  'definition_versions',
  'warnings',
  'unit',
  'mode',
  'window_ms',
];

/** Of a report what stands below its head. */
const bodyOf = (report: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(report).filter(([key]) => !HEAD.includes(key)));

const compared = (what: string, expected: unknown, actual: unknown): Finding[] =>
  differences(expected, actual).map((difference) => ({ what, ...difference }));

export type Asked = {
  reports: Reports;
  store: Store;
  deliveries: readonly Delivery[];
  question: Question;
  fxRates: readonly FxRate[];
  random: Random;
};

/** The answer, or the code with which it was refused, when that may be right. */
const answered = async <T extends object>(asking: Promise<T>): Promise<T | string> => {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ReportError && REFUSALS.includes(error.code)) return error.code;
    throw error;
  }
};
const REFUSALS = ['several_versions', 'no_such_breakdown'];

const sometimes = <T>(random: Random, share: number, value: () => T): T | undefined =>
  random.chance(share) ? value() : undefined;

export const queryOf = ({ store, question }: Asked): ReportQuery => ({
  store_id: store.store_id,
  definition: store.definition,
  versions: store.versions,
  from: question.from,
  to: question.to,
  as_of: question.asOf,
});

/** The versions in force on the days of the period. */
const inForce = ({ versions }: Store, { from, to }: Question): Definition[] => {
  const begins = versions.flatMap((version) => version.from ?? []).filter((day) => from < day && day <= to);
  return [from, ...begins].map((day) => versionInForce(versions, day));
};

const keeps = (funnel: Funnel) => (definition: Definition) =>
  definition.funnels.some((kept) => funnelKey(kept) === funnelKey(funnel));

const WINDOWS = [1, MINUTE_MS, HOUR_MS, DAY_MS, 3 * DAY_MS, 30 * DAY_MS] as const;

/** A funnel, most often one that the store keeps, perhaps broken down, perhaps by one version for all days. */
export const funnelFindings = async (asked: Asked): Promise<Finding[]> => {
  const { reports, store, deliveries, question, fxRates, random } = asked;
  const version = sometimes(random, 0.2, () => store.versions[random.below(store.versions.length)]?.definition);
  const counting = version ? [version] : inForce(store, question);
  const { funnels, breakdown_properties } = version ?? store.definition;
  const [first = { unit: 'visitor', mode: 'ordered', window_ms: DAY_MS } as const] = funnels;
  const kept = random.pick([first, ...funnels]);
  const funnel = random.chance(0.2) ? { ...kept, window_ms: random.pick(WINDOWS) } : kept;
  const properties = breakdown_properties.map((name): Breakdown => `property:${name}`);
  const breakdown = sometimes(random, 0.6, () => random.pick<Breakdown>(['source', ...BREAKDOWNS, ...properties]));
  const breakdownValues = 1 + random.below(3);
  const said = `funnel ${funnelKey(funnel)}${version ? ` by version ${version.version}` : ''}`;
  const what = breakdown === undefined ? said : `${said} by ${breakdown}, ${breakdownValues} values`;

  // One that no version of those days keeps is computed from the events, as if they all did.
  const adHoc = !counting.some(keeps(funnel));
  const only = (definition: Definition): Definition => ({
    ...definition,
    funnels: adHoc || keeps(funnel)(definition) ? [funnel] : [],
  });
  const expected = reference({
    deliveries,
    definition: { ...store.definition, funnels: [funnel] },
    versions: store.versions.map(({ from, definition }) => ({ from, definition: only(definition) })),
    ...question,
    fxRates,
    ...(breakdown && { breakdown, breakdownValues }),
    ...(version && { definitionVersion: version.version }),
  });
  const report = await answered(
    reports.funnel({
      ...queryOf(asked),
      ...funnel,
      ...(version && { definition_version: version.version }),
      ...(breakdown && { breakdown, breakdown_values: breakdownValues }),
    }),
  );
  const allowed = counting.every((by) => by.breakdown_properties.some((name) => breakdown === `property:${name}`));
  if (report === 'no_such_breakdown') return compared(what, 'allowed', allowed ? 'refused' : 'allowed');
  const conflict = expected.conflicts[0] !== null;
  if (typeof report === 'string' || conflict) return compared(what, conflict, report === 'several_versions');
  return [
    ...compared(what, expected.funnels[0], report.stages),
    ...compared(`${what} open_from`, expected.openFrom.funnels[0], report.open_from),
    ...(breakdown === undefined ? [] : compared(what, expected.breakdown?.[0], report.breakdown)),
    ...broken(what, funnelIdentities(funnel.mode, report.stages)),
  ];
};

export const cartFindings = async (asked: Asked, expected: ReferenceReports): Promise<Finding[]> => {
  const report = await asked.reports.abandonment(queryOf(asked));
  return [
    ...compared('abandonment', { ...expected.abandonment, ...expected.details }, bodyOf(report)),
    ...compared('abandonment open_from', expected.openFrom.abandonment, report.open_from),
    ...broken('abandonment', cartIdentities(report)),
  ];
};

const revenueFindingsOn = async (
  refunds_on: RefundsOn,
  asked: Asked,
  expected: ReferenceReports,
): Promise<Finding[]> => {
  const right = refunds_on === 'order' ? expected.byOrderDay : expected;
  const report = await asked.reports.revenue({ ...queryOf(asked), refunds_on });
  const { currencies, converted, open_from } = report;
  const what = `revenue, refunds on the day of the ${refunds_on}`;
  return [
    ...compared(what, { refunds_on }, { refunds_on: report.refunds_on }),
    ...compared(what, right.revenue, currencies),
    ...compared(`converted ${what}`, right.converted, converted),
    ...compared(`${what} open_from`, expected.openFrom.revenue, open_from),
    ...Object.entries(currencies).flatMap(([currency, revenue]) =>
      broken(what, revenueIdentities(currency, revenue, asked.question.whole)),
    ),
  ];
};

export const revenueFindings = async (asked: Asked, expected: ReferenceReports): Promise<Finding[]> => [
  ...(await revenueFindingsOn('refund', asked, expected)),
  ...(await revenueFindingsOn('order', asked, expected)),
];

export const pipelineFindings = async (asked: Asked, expected: ReferenceReports): Promise<Finding[]> => {
  const report = await answered(asked.reports.pipeline(queryOf(asked)));
  const refused = expected.pipeline === null;
  if (typeof report === 'string' || refused) return compared('pipeline', refused, report === 'several_versions');
  return [
    ...compared('pipeline', expected.pipeline, bodyOf(report)),
    ...compared('pipeline open_from', expected.openFrom.pipeline, report.open_from),
  ];
};
