import { printDuration } from '@cartledger/control';
import type { Definition, PropertyTest, StagePredicate } from '@cartledger/funnel';
import { printShare } from './print.ts';

const NONE = '(none)';

const testWords = (test: PropertyTest): string => {
  const { property } = test;
  if ('exists' in test) return test.exists ? property : `no ${property}`;
  if ('equals' in test) return `${property} = ${JSON.stringify(test.equals)}`;
  if ('in' in test) return `${property} in ${JSON.stringify(test.in)}`;
  if ('prefix' in test) return `${property} begins with ${JSON.stringify(test.prefix)}`;
  if ('less_than' in test) return `${property} < ${test.less_than}`;
  return `${property} > ${test.greater_than}`;
};

const predicateWords = ({ type, checkout_step, properties }: StagePredicate): string =>
  [`${type}${checkout_step === undefined ? '' : `.${checkout_step}`}`, ...properties.map(testWords)].join(' and ');

const list = (values: readonly string[]): string => values.join(', ') || NONE;

/** What can change, by name, in words. */
const said = (d: Definition): Map<string, string> =>
  new Map([
    ['time_zone', d.time_zone],
    ['currency', d.currency],
    ['stages', list(d.stages)],
    ...Object.entries(d.stage_predicates).map(([name, p]): [string, string] => [`stage ${name}`, predicateWords(p)]),
    ...Object.entries(d.targets).map(([stage, share]): [string, string] => [`targets.${stage}`, printShare(share)]),
    ['funnels', list(d.funnels.map(({ unit, mode, window_ms }) => `${unit}/${mode}/${printDuration(window_ms)}`))],
    ['idle', printDuration(d.idle_ms)],
    ['abandon', printDuration(d.abandon_ms)],
    ['recovery', printDuration(d.recovery_ms)],
    ['tie_tolerance', printDuration(d.tie_tolerance_ms)],
    ['max_age_days', String(d.max_age_days)],
    ['retention_days', d.retention_days === null ? 'for ever' : String(d.retention_days)],
    ['breakdown_properties', list(d.breakdown_properties)],
    ['bots.exclude', String(d.bots.exclude)],
    ['bots.max_carts_per_day', String(d.bots.max_carts_per_day)],
    ['fx_source', d.fx_source || NONE],
  ]);

/** What differs between two versions, a line each: `idle: 30m -> 20m`. */
export const changesBetween = (before: Definition, after: Definition): string[] => {
  const old = said(before);
  const now = said(after);
  return [...new Set([...now.keys(), ...old.keys()])]
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => `${name}: ${old.get(name) ?? NONE} -> ${now.get(name) ?? NONE}`);
};
