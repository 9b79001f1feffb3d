/** Why the ledger has no rows of a funnel as it was asked for, and what would make it have them. */
import { DAY_MS, type Funnel, HOUR_MS, MINUTE_MS } from '@cartledger/funnel';
import type { FunnelPlan } from './plan.ts';

/** `- {unit: visitor, mode: ordered, window: 1d}` */
const inStoreFile = ({ unit, mode, window_ms }: Funnel): string => {
  const units = [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['m', MINUTE_MS],
    ['s', 1_000],
  ] as const;
  const [name, ms] = units.find(([, length]) => window_ms % length === 0) ?? ['ms', 1];
  return `- {unit: ${unit}, mode: ${mode}, window: ${window_ms / ms}${name}}`;
};

/** `why` begins a sentence, `remedy` ends one. */
export const notKept = ({
  lacks,
  key,
  funnel,
  breakdown,
  definition_versions,
}: Pick<FunnelPlan, 'lacks' | 'key' | 'funnel' | 'breakdown' | 'definition_versions'>): {
  why: string;
  remedy: string;
} => {
  const version = definition_versions.join(', ');
  switch (lacks) {
    case 'stages':
      return {
        why: `The store keeps the funnel ${key} for these days by other stages than those of version ${version}`,
        remedy: `leave out definition_version, or give these days the stages of version ${version}`,
      };
    case 'breakdown':
      return {
        why: `The store keeps the funnel ${key} for these days, but not its breakdown by ${breakdown}`,
        remedy: 'add the property to breakdown_properties of the store file, for these days too',
      };
    default:
      return {
        why: `The store does not keep the funnel ${key} for these days`,
        remedy: `add it to the funnels of the store file: ${inStoreFile(funnel)}`,
      };
  }
};
