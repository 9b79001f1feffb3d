/** Why the ledger has no rows of a funnel as it was asked for, and what would make it have them. */
import { DAY_MS, type Funnel, HOUR_MS, MINUTE_MS } from '@cartledger/funnel';
import type { FunnelPlan } from './plan.ts';

/** As a store file says it: `12h`. */
const spanOf = (window_ms: number): string => {
  const units = [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['m', MINUTE_MS],
    ['s', 1_000],
  ] as const;
  const [name, ms] = units.find(([, length]) => window_ms % length === 0) ?? ['ms', 1];
  return `${window_ms / ms}${name}`;
};

/** `- {unit: visitor, mode: ordered, window: 1d}` */
const inStoreFile = ({ unit, mode, window_ms }: Funnel): string =>
  `- {unit: ${unit}, mode: ${mode}, window: ${spanOf(window_ms)}}`;

/** `why` begins a sentence, `remedy` ends one. */
export const notKept = ({
  lacks,
  funnel,
  breakdown,
  definition_versions,
}: Pick<FunnelPlan, 'lacks' | 'funnel' | 'breakdown' | 'definition_versions'>): {
  why: string;
  remedy: string;
} => {
  const version = definition_versions.join(', ');
  const name = `${funnel.unit}, ${funnel.mode}, within ${spanOf(funnel.window_ms)}`;
  switch (lacks) {
    case 'stages':
      return {
        why: `The store keeps the funnel (${name}) for these days by other stages than those of version ${version}`,
        remedy: `leave out definition_version, or give these days the stages of version ${version}`,
      };
    case 'breakdown':
      return {
        why: `The store keeps the funnel (${name}) for these days, but not its breakdown by ${breakdown}`,
        remedy: 'add the property to breakdown_properties of the store file, for these days too',
      };
    default:
      return {
        why: `The store does not keep the funnel (${name}) for these days`,
        remedy: `add it to the funnels of the store file: ${inStoreFile(funnel)}`,
      };
  }
};
