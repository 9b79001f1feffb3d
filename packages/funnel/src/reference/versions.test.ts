/** definitions.md 8: as of, versions of the definition. */
import { describe, expect, it } from 'vitest';
import {
  DAY_MS,
  DEFAULT_DEFINITION,
  type Definition,
  type DefinitionVersion,
  type Funnel,
  HOUR_MS,
  MINUTE_MS,
} from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { reference } from './reports.ts';
import { add, buy, deliveriesOf, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const BY_VISITOR: Funnel = { unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS };

const FIRST: Definition = { ...DEFAULT_DEFINITION, version: 1, stages: ['visit', 'checkout'], funnels: [BY_VISITOR] };
/** In force from 7 January, the third day of a story. */
const SECOND: Definition = { ...FIRST, version: 2, stages: ['visit', 'add_to_cart'] };
const VERSIONS: DefinitionVersion[] = [
  { from: null, definition: FIRST },
  { from: '2026-01-07', definition: SECOND },
];

const told = (story: Told[], more: Partial<Parameters<typeof reference>[0]> & { from?: string; to?: string } = {}) =>
  reference({
    deliveries: deliveriesOf(story),
    definition: SECOND,
    versions: VERSIONS,
    asOf: START + 90 * DAY_MS,
    from: '2025-01-01',
    to: '2027-12-31',
    ...more,
  });

const story: Told[] = [
  { type: 'visit', at: 0 },
  { type: 'checkout', at: 1 },
  { type: 'visit', at: 2 * DAY, visitor_id: 'w' },
  { type: 'checkout', at: 2 * DAY + 1, visitor_id: 'w' },
  add(2 * DAY + 2, { visitor_id: 'w' }),
];

describe('a definition of several versions', () => {
  const units = (more: Parameters<typeof told>[1]) =>
    told(story, more).funnels[0]?.map((stage) => `${stage.stage} ${stage.units}`);

  it('counts a unit by the version in force on its day', () => {
    expect(units({ to: '2026-01-06' })).toEqual(['visit 1', 'checkout 1']);
    expect(units({ from: '2026-01-07' })).toEqual(['visit 1', 'add_to_cart 1']);
  });

  it('refuses a funnel over several versions of stages and names the days', () => {
    const { funnels, conflicts, breakdown, pipeline } = told(story, {
      from: '2026-01-05',
      to: '2026-01-09',
      breakdown: 'source',
    });
    expect({ funnels, breakdown, pipeline }).toEqual({ funnels: [[]], breakdown: [null], pipeline: null });
    expect(conflicts).toEqual([
      {
        versions: [
          { version: 1, from: '2026-01-05', to: '2026-01-06' },
          { version: 2, from: '2026-01-07', to: '2026-01-09' },
        ],
      },
    ]);
  });

  it('has the default funnel of the version in force in the period, not of a later one', () => {
    const SHORT: Funnel = { ...BY_VISITOR, window_ms: MINUTE_MS };
    const versionsOf = (before: Funnel[], after: Funnel[]): DefinitionVersion[] => [
      { from: null, definition: { ...FIRST, funnels: before } },
      { from: '2026-01-07', definition: { ...FIRST, version: 2, funnels: after } },
    ];
    const pipelineOf = (versions: DefinitionVersion[], from: string, to: string) =>
      told(
        [
          { type: 'visit', at: 0 },
          { type: 'checkout', at: 2 },
        ],
        {
          definition: versions[1]?.definition ?? FIRST,
          versions,
          from,
          to,
        },
      ).pipeline?.stages.map((stage) => stage.conversion_from_first);
    const changed = versionsOf([BY_VISITOR], [SHORT]);
    expect(pipelineOf(changed, '2026-01-05', '2026-01-06')).toEqual([1, 1]);
    expect(pipelineOf(changed, '2026-01-05', '2026-01-07')).toBeUndefined();
    // Both versions keep both, but the default is another one.
    const swapped = versionsOf([BY_VISITOR, SHORT], [SHORT, BY_VISITOR]);
    expect(pipelineOf(swapped, '2026-01-05', '2026-01-06')).toEqual([1, 1]);
    expect(pipelineOf(swapped, '2026-01-05', '2026-01-07')).toBeUndefined();
  });

  it('counts the whole period by the one version that is asked for', () => {
    expect(units({ definitionVersion: 1 })).toEqual(['visit 2', 'checkout 2']);
    expect(units({ definitionVersion: 2 })).toEqual(['visit 2', 'add_to_cart 1']);
    expect(() => units({ definitionVersion: 3 })).toThrow('no version 3');
  });

  it('refuses none where the versions differ in nothing that the funnel counts by', () => {
    const definition = { ...FIRST, version: 2, idle_ms: MINUTE_MS, targets: { visit: 1 } };
    const versions = [
      { from: null, definition: FIRST },
      { from: '2026-01-07', definition },
    ];
    expect(told(story, { definition, versions }).conflicts).toEqual([null]);
    expect(told(story, { definition, versions }).funnels[0]?.map((stage) => stage.units)).toEqual([2, 2]);
  });

  it('refuses a funnel that a version in the period does not keep, or whose own stage it defines otherwise', () => {
    const bySession: Funnel = { ...BY_VISITOR, unit: 'session' };
    const definition = { ...FIRST, version: 2, funnels: [BY_VISITOR, bySession] };
    const conflictsOf = (newest: Definition, oldest = FIRST) =>
      told(story, {
        definition: newest,
        versions: [
          { from: null, definition: oldest },
          { from: '2026-01-07', definition: newest },
        ],
      }).conflicts.map((conflict) => conflict !== null);
    expect(conflictsOf(definition)).toEqual([false, true]);
    const own = (step: 'start' | 'payment'): Definition => ({
      ...FIRST,
      version: step === 'start' ? 1 : 2,
      stages: ['visit', 'own'],
      stage_predicates: { own: { type: 'checkout', checkout_step: step, properties: [] } },
    });
    expect(conflictsOf(own('payment'), own('start'))).toEqual([true]);
  });

  it('before the first begins the lowest is in force', () => {
    const versions = VERSIONS.map((version) => ({ ...version, from: version.from ?? '2026-01-06' }));
    expect(told(story, { versions, to: '2026-01-05' }).funnels[0]?.map((stage) => stage.stage)).toEqual([
      'visit',
      'checkout',
    ]);
  });

  it('that begin on one day are as their highest', () => {
    const versions = VERSIONS.map((version) => ({ ...version, from: null }));
    expect(told(story, { versions }).funnels[0]?.map((stage) => stage.stage)).toEqual(['visit', 'add_to_cart']);
  });

  it('keep a cart by the thresholds of the day it was opened', () => {
    const short = { ...SECOND, idle_ms: MINUTE_MS, abandon_ms: 2 * MINUTE_MS, recovery_ms: HOUR_MS };
    const versions = [VERSIONS[0] ?? { from: null, definition: FIRST }, { from: '2026-01-07', definition: short }];
    const states = (minute: number) =>
      told([add(0), add(2 * DAY, { visitor_id: 'w' })], {
        definition: short,
        versions,
        asOf: START + minute * MINUTE_MS,
      }).carts.map((cart) => cart.state);
    // The first was opened under the first version: 30 minutes, 1 hour, 7 days. The second: 1 and 2 minutes, 1 hour.
    expect(states(2 * DAY + 1)).toEqual(['abandoned', 'idle']);
    expect(states(2 * DAY + 2)).toEqual(['abandoned', 'abandoned']);
    expect(states(2 * DAY + 62)).toEqual(['abandoned', 'lost']);
  });

  it('have one zone, tolerance and rule for bots, the newest’s, for all history', () => {
    const definition = { ...FIRST, version: 2, time_zone: 'Pacific/Auckland', tie_tolerance_ms: 0 };
    const versions = [
      { from: null, definition: FIRST },
      { from: '2026-01-20', definition },
    ];
    // Noon UTC is one o'clock of the next day in Auckland.
    const report = (day: string) => told(story, { definition, versions, from: day, to: day }).funnels[0];
    expect(report('2026-01-05')?.[0]).toMatchObject({ units: 0 });
    expect(report('2026-01-06')?.[0]).toMatchObject({ units: 1 });
    const order: Told[] = [buy(0, 'o1'), add(1 / 60)];
    expect(told(order).orders).toMatchObject([{ cart_key: '~v:e2' }]);
    expect(told(order, { definition, versions }).orders).toMatchObject([{ cart_key: null }]);
  });
});

describe('as of', () => {
  it('no report stands earlier than the last event', () => {
    const states = (asOf: number) =>
      tell([add(0), { type: 'visit', at: DAY, visitor_id: 'w' }], { asOf }).carts.map((cart) => cart.state);
    expect(states(START)).toEqual(['abandoned']);
    expect(states(START + 9 * DAY_MS)).toEqual(['lost']);
  });
});
