import { printDuration } from '@cartledger/control';
import type { Definition, DefinitionVersion, PropertyTest } from '@cartledger/funnel';
import { Document, isCollection, isMap, isSeq } from 'yaml';

/** A share as it is written in a file: 0.025 is `2.5%`. Six decimals are four of a percent. */
export const printShare = (share: number): string => `${Number((share * 100).toFixed(4))}%`;

type StageEntry = string | { name: string; type: string; checkout_step?: string; properties?: readonly PropertyTest[] };

const stagesOf = ({ stages, stage_predicates }: Definition): StageEntry[] => {
  const said = new Set<string>();
  return stages.map((name) => {
    const predicate = Object.hasOwn(stage_predicates, name) ? stage_predicates[name] : undefined;
    if (predicate === undefined || said.has(name)) return name;
    said.add(name);
    const { type, checkout_step, properties } = predicate;
    return {
      name,
      type,
      ...(checkout_step !== undefined && { checkout_step }),
      ...(properties.length > 0 && { properties }),
    };
  });
};

/** A definition in the words of a store file; readStoreFile makes the same of it again. */
export const storeFileOf = (definition: Definition): Record<string, unknown> => ({
  time_zone: definition.time_zone,
  currency: definition.currency,
  stages: stagesOf(definition),
  targets: Object.fromEntries(Object.entries(definition.targets).map(([stage, share]) => [stage, printShare(share)])),
  funnels: definition.funnels.map(({ unit, mode, window_ms }) => ({ unit, mode, window: printDuration(window_ms) })),
  idle: printDuration(definition.idle_ms),
  abandon: printDuration(definition.abandon_ms),
  recovery: printDuration(definition.recovery_ms),
  tie_tolerance: printDuration(definition.tie_tolerance_ms),
  max_age_days: definition.max_age_days,
  retention_days: definition.retention_days,
  breakdown_properties: definition.breakdown_properties,
  bots: definition.bots,
  fx_source: definition.fx_source,
});

/** Short things on one line, as a person writes them. */
const ON_ONE_LINE = ['breakdown_properties', 'bots'];

export const printYaml = (definition: Definition): string => {
  const document = new Document(storeFileOf(definition));
  for (const name of ON_ONE_LINE) {
    const node = document.get(name, true);
    if (isCollection(node)) node.flow = true;
  }
  for (const name of ['stages', 'funnels']) {
    const node = document.get(name, true);
    if (isSeq(node)) for (const item of node.items) if (isMap(item)) item.flow = true;
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: false });
};

/** `for all history`, `from 2026-11-01 on`. */
export const inForce = (from: string | null): string => (from === null ? 'for all history' : `from ${from} on`);

/** What stands above a printed file: which version it is, and what others there are. */
export const historyOf = (store_id: string, shown: number, versions: readonly DefinitionVersion[]): string => {
  const all = versions.map(({ from, definition }) => `${definition.version} ${inForce(from)}`).join('; ');
  return `# Store ${store_id}, version ${shown} of its definition. Versions (the highest that has begun counts): ${all}.\n`;
};
