/** One known wrong answer, and what its stories are told with. */
import type { Delivery } from '@cartledger/events';
import { DAY_MS, DEFAULT_DEFINITION, type Definition, type DefinitionVersion } from '../definition.ts';
import { deliveriesOf, line, START, type Told } from './scenario.ts';

export type KnownWrongAnswer = {
  name: string;
  /** What is answered elsewhere. */
  wrong: string;
  deliveries: Delivery[];
  /** Events as a storefront sends them that never become deliveries, with the code they are rejected by. */
  rejected: { event: Record<string, unknown>; code: string }[];
  /** The newest version, and all of them where there are several. */
  definition: Definition;
  versions?: readonly DefinitionVersion[];
  asOf: number;
  from: string;
  to: string;
  /** The part of the reports that others get wrong, as `reference` answers it. */
  right: Record<string, unknown>;
};

/** Noon UTC of Monday 5 January 2026 is minute 0. */
export const DAY = 24 * 60;

/** The default funnel of visitors alone. */
const DEFINITION: Definition = {
  ...DEFAULT_DEFINITION,
  funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: 7 * DAY_MS }],
};

export const known = (
  name: string,
  wrong: string,
  story: readonly Told[],
  right: Record<string, unknown>,
  more: Partial<Omit<KnownWrongAnswer, 'definition'>> & { definition?: Partial<Definition> } = {},
): KnownWrongAnswer => ({
  name,
  wrong,
  deliveries: deliveriesOf(story),
  rejected: [],
  asOf: START + 60 * DAY_MS,
  from: '2026-01-05',
  to: '2026-01-31',
  right,
  ...more,
  definition: { ...DEFINITION, ...more.definition },
});

export const visit = (at: number, more: Partial<Told> = {}): Told => ({ type: 'visit', at, ...more });
export const view = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'cart_view',
  at,
  items: [line('A', 100)],
  ...more,
});
/** Units at each stage of the default funnel. */
export const units = (...counts: number[]) => [counts.map((n) => ({ units: n }))];

export const BERLIN: Definition = { ...DEFINITION, time_zone: 'Europe/Berlin' };
export const NEW_YORK: Definition = { ...BERLIN, version: 2, time_zone: 'America/New_York' };
