/** Examples of docs/definitions.md: funnels, breakdowns, versions, bots. */
import { DAY_MS, DEFAULT_DEFINITION, type Definition, FUNNEL_MODES, MINUTE_MS } from '../../definition.ts';
import type { FunnelStage } from '../../reports/index.ts';
import { reference } from '../reports.ts';
import { add, buy, deliveriesOf, line, START, type Told, tell } from '../scenario.ts';
import { minutes, percent, say, story, table } from './tables.ts';

const DAY = 24 * 60;
const mug = [line('mug', 1000)];
const visit = (at: number, visitor_id: string, more: Partial<Told> = {}): Told => ({
  type: 'visit',
  at,
  visitor_id,
  ...more,
});
const look = (at: number, visitor_id: string, more: Partial<Told> = {}): Told => ({
  type: 'product_view',
  at,
  visitor_id,
  items: mug,
  ...more,
});

const stagesTable = (stages: readonly FunnelStage[]): string =>
  table(
    ['stage', 'units', 'units_any', 'from first', 'from previous', 'dropped', 'median to next'],
    stages.map((stage) => [
      `\`${stage.stage}\``,
      String(stage.units),
      String(stage.units_any),
      percent(stage.conversion_from_first),
      percent(stage.conversion_from_previous),
      String(stage.dropped),
      minutes(stage.median_ms_to_next),
    ]),
  );

const visitors = (): Told[] => [
  visit(0, 'ada', { campaign: { source: 'newsletter' } }),
  look(1, 'ada'),
  add(3, { visitor_id: 'ada', items: mug }),
  { type: 'checkout', at: 5, visitor_id: 'ada' },
  buy(8, 'A-1', { visitor_id: 'ada', items: mug, amounts: { total: 1000 } }),
  visit(0, 'ben', { campaign: { source: 'ads' } }),
  look(2, 'ben'),
  visit(0, 'cem', { campaign: { source: 'ads' } }),
  look(9, 'cem'),
  add(10, { visitor_id: 'cem', items: mug }),
  add(0, { visitor_id: 'dee', items: mug }),
];

const funnel = (): string => say(story(visitors()), stagesTable(tell(visitors()).funnels[0] ?? []));

const modes = (): string => {
  const events: Told[] = [
    visit(0, 'ada'),
    look(1, 'ada'),
    look(2, 'ada'),
    add(3, { visitor_id: 'ada', items: mug }),
    look(0, 'ben'),
    visit(5, 'ben'),
    add(6, { visitor_id: 'ben', items: mug }),
    look(0, 'cem'),
    add(1, { visitor_id: 'cem', items: mug }),
  ];
  const funnels = FUNNEL_MODES.map((mode) => ({ unit: 'visitor' as const, mode, window_ms: 60 * MINUTE_MS }));
  const reports = tell(events, { definition: { stages: ['visit', 'product_view', 'add_to_cart'], funnels } });
  const why: Record<string, string> = {
    ordered: 'Ada goes all the way; Ben looked before he came, so he stops at the visit; Cem never visited',
    strict: 'Ada’s second look breaks her chain before the add',
    any: 'for Ben any order will do',
    open: 'Cem counts where he was seen',
  };
  return say(
    story(events),
    table(
      ['mode', '`visit`', '`product_view`', '`add_to_cart`', 'why'],
      funnels.map(({ mode }, i) => [
        `\`${mode}\``,
        ...(reports.funnels[i] ?? []).map((stage) => String(stage.units)),
        why[mode] ?? '',
      ]),
    ),
  );
};

const periods = (): string => {
  const events: Told[] = [visit(0, 'ada'), visit(8 * DAY, 'ada'), look(8 * DAY + 1, 'ada')];
  const units = (from: string, to: string): string[] =>
    (tell(events, { from, to, definition: { stages: ['visit', 'product_view'] } }).funnels[0] ?? []).map((stage) =>
      String(stage.units),
    );
  return say(
    story(events),
    table(
      ['report of', '`visit`', '`product_view`'],
      [
        ['5 January', ...units('2026-01-05', '2026-01-05')],
        ['13 January', ...units('2026-01-13', '2026-01-13')],
        ['5 to 13 January', ...units('2026-01-05', '2026-01-13')],
      ],
    ),
  );
};

const breakdown = (): string => {
  const report = tell(visitors(), { breakdown: 'source' }).breakdown?.[0];
  return table(
    ['source', ...DEFAULT_DEFINITION.stages.map((stage) => `\`${stage}\``), 'from first to last'],
    (report?.values ?? []).map(({ value, stages }) => [
      `\`${value}\``,
      ...stages.map((stage) => String(stage.units)),
      percent(stages.at(-1)?.conversion_from_first ?? null),
    ]),
  );
};

const ownStage = (): string => {
  const definition: Partial<Definition> = {
    stages: ['visit', 'gold_cart'],
    stage_predicates: { gold_cart: { type: 'add_to_cart', properties: [{ property: 'tier', equals: 'gold' }] } },
  };
  const tiers: unknown[] = ['gold', 'Gold', 1, undefined];
  const matched = (tier: unknown): boolean => {
    const event = add(0, { items: mug, ...(tier !== undefined && { properties: { tier } }) });
    return tell([event], { definition }).funnels[0]?.[1]?.units_any === 1;
  };
  return table(
    ['add_to_cart with `properties`', 'stage `gold_cart`'],
    tiers.map((tier) => [
      tier === undefined ? 'none' : `\`${JSON.stringify({ tier })}\``,
      matched(tier) ? 'matches' : 'does not match',
    ]),
  );
};

const versions = (): string => {
  const first: Definition = { ...DEFAULT_DEFINITION, stages: ['visit', 'checkout'] };
  const second: Definition = { ...first, version: 2, stages: ['visit', 'add_to_cart'] };
  const events = [visit(0, 'ada'), visit(3 * DAY, 'ben'), add(3 * DAY + 1, { visitor_id: 'ben', items: mug })];
  const ask = (from: string, to: string, definitionVersion?: number): string => {
    const { funnels, conflicts } = reference({
      deliveries: deliveriesOf(events),
      definition: second,
      versions: [
        { from: null, definition: first },
        { from: '2026-01-08', definition: second },
      ],
      asOf: START + 9 * DAY_MS,
      from,
      to,
      ...(definitionVersion !== undefined && { definitionVersion }),
    });
    const conflict = conflicts[0];
    if (conflict) {
      const runs = conflict.versions.map((run) => `version ${run.version} (${run.from} to ${run.to})`);
      return `refused (409): ${runs.join(', ')}`;
    }
    return (funnels[0] ?? []).map((stage) => `${stage.stage} ${stage.units}`).join(', ');
  };
  return table(
    ['asked for', 'answer'],
    [
      ['5 to 7 January', ask('2026-01-05', '2026-01-07')],
      ['8 to 12 January', ask('2026-01-08', '2026-01-12')],
      ['5 to 12 January', ask('2026-01-05', '2026-01-12')],
      ['5 to 12 January by version 2', ask('2026-01-05', '2026-01-12', 2)],
    ],
  );
};

const bots = (): string => {
  const carts = (n: number, visitor_id: string): Told[] =>
    Array.from({ length: n }, (_, i) => add(i / 100, { visitor_id, cart_id: `${visitor_id}-${i}`, items: mug }));
  const googlebot = { device: { user_agent: 'Mozilla/5.0 (compatible; Googlebot/2.1)' } };
  const cases: [string, Told[]][] = [
    ['500 carts on one day, no order', carts(500, 'a')],
    ['501 carts on one day, no order', carts(501, 'b')],
    [
      '501 carts on one day, one of them bought',
      [...carts(501, 'c'), buy(9, 'A-1', { visitor_id: 'c', cart_id: 'c-7', items: mug, amounts: { total: 1000 } })],
    ],
    ['501 carts on one day, one bought a month later', [...carts(501, 'e'), buy(30 * DAY, 'A-2', { visitor_id: 'e' })]],
    [
      '501 carts on one day, 1 the day before',
      [add(-DAY, { visitor_id: 'f', cart_id: 'f', items: mug }), ...carts(501, 'f')],
    ],
    ['one cart, says it is Googlebot', [add(0, { visitor_id: 'd', items: mug, ...googlebot })]],
  ];
  return table(
    ['a visitor with', 'carts in the reports'],
    cases.map(([what, events]) => [what, String(tell(events).abandonment.carts.created)]),
  );
};

export const FUNNELS = { funnel, modes, periods, breakdown, 'own-stage': ownStage, versions, bots };
