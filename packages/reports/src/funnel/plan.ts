import {
  BREAKDOWNS,
  type Breakdown,
  type Definition,
  type DefinitionVersion,
  type Funnel,
  funnelKey,
  stagesOf,
} from '@cartledger/funnel';
import { ReportError } from '../errors.ts';
import type { ReportQuery } from '../query.ts';
import { askedVersion, inWords, stretchesOf, versionNumbers, versionsOf } from '../versions.ts';

/** Which funnel a query means, by which versions it is counted, and whether the ledger has its rows. */
export type FunnelPlan = {
  funnel: Funnel;
  key: string;
  /** Equal where days are counted alike. */
  shape: string;
  /** Bit k of a row is stage k. */
  stages: readonly string[];
  /** Stages of the store that this unit has none of. */
  leftOut: readonly string[];
  definition_versions: number[];
  /** The ledger keeps it for every day of the period; else it is computed from the events by `versions`. */
  kept: boolean;
  /** What the days' own versions lack, where the ledger does not keep it. */
  lacks: 'funnel' | 'stages' | 'breakdown' | null;
  versions: readonly DefinitionVersion[];
  breakdown: Breakdown | null;
};

const LONGEST_WINDOW_MS = 400 * 86_400_000;

const checkWindow = ({ window_ms }: ReportQuery): void => {
  if (window_ms === undefined || (Number.isSafeInteger(window_ms) && window_ms >= 1 && window_ms <= LONGEST_WINDOW_MS))
    return;
  throw new ReportError(
    'bad_window',
    'window_ms',
    `window_ms is ${window_ms}; give a whole number of ms from 1 to ${LONGEST_WINDOW_MS} (400 days)`,
  );
};

/** The version's funnel that fits what was asked, its first when nothing was; else the asked one itself. */
const chooseFunnel = (
  { funnels }: Pick<Definition, 'funnels'>,
  { unit, mode, window_ms }: Pick<ReportQuery, 'unit' | 'mode' | 'window_ms'>,
): Funnel => {
  const fits = funnels.find(
    (f) =>
      (unit === undefined || f.unit === unit) &&
      (mode === undefined || f.mode === mode) &&
      (window_ms === undefined || f.window_ms === window_ms),
  );
  if (fits) return fits;
  const [first] = funnels;
  return {
    unit: unit ?? first?.unit ?? 'visitor',
    mode: mode ?? first?.mode ?? 'ordered',
    window_ms: window_ms ?? first?.window_ms ?? 7 * 86_400_000,
  };
};

/** What makes two versions' rows of a funnel comparable: its key, the stages and what these match. */
export const shapeOf = ({ stages, stage_predicates }: Definition, funnel: Funnel): string =>
  JSON.stringify([funnelKey(funnel), stages.map((stage) => [stage, stage_predicates[stage] ?? null])]);

const allows = ({ breakdown_properties }: Definition, breakdown: string): boolean =>
  (BREAKDOWNS as readonly string[]).includes(breakdown) ||
  breakdown_properties.some((name) => breakdown === `property:${name}`);

const checkBreakdown = ({ breakdown, breakdown_values }: ReportQuery, counting: readonly Definition[]): void => {
  if (
    breakdown_values !== undefined &&
    !(Number.isInteger(breakdown_values) && breakdown_values >= 1 && breakdown_values <= 100)
  )
    throw new ReportError(
      'bad_breakdown_values',
      'breakdown_values',
      `breakdown_values is ${breakdown_values}; give a whole number from 1 to 100`,
    );
  if (breakdown === undefined || counting.every((definition) => allows(definition, breakdown))) return;
  const [first] = counting;
  const properties = (first?.breakdown_properties ?? [])
    .map((name) => `property:${name}`)
    .filter((name) => counting.every((definition) => allows(definition, name)));
  const lacking = counting.filter((definition) => !allows(definition, breakdown)).map(({ version }) => version);
  throw new ReportError(
    'no_such_breakdown',
    'breakdown',
    `breakdown is ${JSON.stringify(breakdown)}, which version ${lacking.join(', ')} does not allow; ` +
      `allowed on all days of the period: ${[...BREAKDOWNS, ...properties].join(', ')}`,
  );
};

/**
 * Throws ReportError `several_versions` when days of the period are under versions that count the funnel otherwise and
 * none was asked for; `no_such_version`, `no_such_breakdown`, `bad_window`, `bad_breakdown_values`.
 */
export const planFunnel = (query: ReportQuery): FunnelPlan => {
  checkWindow(query);
  const asked = askedVersion(query);
  const stretches = stretchesOf(query);
  const inForce = stretches.map(({ definition }) => definition);
  const counting = asked ? [asked] : inForce;
  const last = counting.at(-1) ?? query.definition;
  // Each stretch of days has its own default: a change from a day on leaves the funnel of the days before it alone.
  const funnel = chooseFunnel(last, query);
  const shape = shapeOf(last, funnel);
  const key = funnelKey(funnel);
  const keeps = ({ funnels }: Definition): boolean => funnels.some((f) => funnelKey(f) === key);
  const alike = counting.every((definition) => shapeOf(definition, chooseFunnel(definition, query)) === shape);
  if (!alike || (counting.some(keeps) && !counting.every(keeps)))
    throw new ReportError(
      'several_versions',
      'definition_version',
      `stages or funnel differ between the days of the period: ${inWords(stretches)}; ` +
        'ask for days of one version, or count the whole period by one with definition_version',
    );
  checkBreakdown(query, counting);
  const { breakdown = null } = query;
  const lacks = !inForce.every(keeps)
    ? 'funnel'
    : inForce.some((definition) => shapeOf(definition, funnel) !== shape)
      ? 'stages'
      : breakdown !== null && !inForce.every((definition) => allows(definition, breakdown))
        ? 'breakdown'
        : null;
  const only = (definition: Definition): Definition => ({ ...definition, funnels: [funnel] });
  const stages = stagesOf(last, funnel);
  return {
    funnel,
    key,
    shape,
    stages,
    leftOut: last.stages.filter((stage) => !stages.includes(stage)),
    definition_versions: asked ? [asked.version] : versionNumbers(query),
    kept: lacks === null,
    lacks,
    versions: asked
      ? [{ from: null, definition: only(asked) }]
      : versionsOf(query).map(({ from, definition }) => ({ from, definition: only(definition) })),
    breakdown,
  };
};
