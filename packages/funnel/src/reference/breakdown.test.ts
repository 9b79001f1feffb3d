/** definitions.md 5: breakdowns. */
import { describe, expect, it } from 'vitest';
import type { Breakdown, Definition } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { buy, line, type Told } from './scenario.ts';

const DAY = 24 * 60;
const visit = (visitor: string, at = 0, more: Partial<Told> = {}): Told => ({
  type: 'visit',
  at,
  visitor_id: visitor,
  ...more,
});
const look = (visitor: string, at: number, more: Partial<Told> = {}): Told => ({
  ...visit(visitor, at, more),
  type: 'product_view',
});
const from = (source: string): Partial<Told> => ({ campaign: { source } });

const brokenDown = (
  story: Told[],
  breakdown: Breakdown,
  {
    limit = 10,
    stages = ['visit', 'product_view'],
    ...definition
  }: { limit?: number; stages?: string[] } & Partial<Definition> = {},
) => {
  const [report] =
    tell(story, { breakdown, breakdownValues: limit, definition: { stages, ...definition } }).breakdown ?? [];
  return {
    overlapping: report?.overlapping,
    rows: report?.values.map(({ value, stages: counted }) => [value, ...counted.map((stage) => stage.units)]),
    any: report?.values.map(({ value, stages: counted }) => [value, ...counted.map((stage) => stage.units_any)]),
  };
};

describe('a breakdown', () => {
  it('goes by what the event says at which the counted chain starts', () => {
    const story = [visit('a', 0, from('ads')), look('a', 1, from('mail')), visit('b', 0, from('mail'))];
    expect(brokenDown(story, 'source').rows).toEqual([
      ['ads', 1, 1],
      ['mail', 1, 0],
    ]);
  });

  it('of a unit with several days is that of the day it is counted at', () => {
    const story = [visit('a', 0, from('ads')), visit('a', 9 * DAY, from('mail')), look('a', 9 * DAY + 1)];
    expect(brokenDown(story, 'source').rows).toEqual([
      ['mail', 1, 1],
      ['ads', 0, 0],
    ]);
  });

  it('knows source, campaign, device and country as they are sent, and `(none)`', () => {
    const sent = { campaign: { source: 'ads', name: 'spring' }, device: { type: 'mobile', country: 'AT' } };
    const story = [visit('a', 0, sent), visit('b', 0, { campaign: { source: '' } })];
    const valuesOf = (by: Breakdown) => brokenDown(story, by).rows?.map(([value]) => value);
    expect([valuesOf('source'), valuesOf('campaign'), valuesOf('device'), valuesOf('country')]).toEqual([
      ['(none)', 'ads'],
      ['(none)', 'spring'],
      ['(none)', 'mobile'],
      ['(none)', 'AT'],
    ]);
  });

  it('counts a visitor as new in the session of his first event, returning in any later', () => {
    const definition = { funnels: [{ unit: 'session' as const, mode: 'ordered' as const, window_ms: 1 }] };
    const story = [visit('a'), visit('a', 10), visit('a', 60), visit('b', 60)];
    expect(brokenDown(story, 'visitor', { stages: ['visit'], ...definition }).rows).toEqual([
      ['new', 2],
      ['returning', 1],
    ]);
    // His first event may be one of no stage.
    const custom = [visit('a', 60), { type: 'custom:x' as const, at: 0, visitor_id: 'a' }];
    expect(brokenDown(custom, 'visitor', { stages: ['visit'] }).rows).toEqual([['returning', 1]]);
  });

  it('by product or category counts a unit under each of the event’s, and says that rows overlap', () => {
    const items = [{ ...line('A', 1), category: 'shoes' }, { ...line('B', 1), category: 'shoes' }, line('A', 2)];
    const story = [look('a', 0, { items }), look('b', 0, { items: [line('B', 1)] })];
    const stages = ['product_view'];
    expect(brokenDown(story, 'product', { stages })).toMatchObject({
      overlapping: true,
      rows: [
        ['B', 2],
        ['A', 1],
      ],
    });
    expect(brokenDown(story, 'category', { stages }).rows).toEqual([
      ['(none)', 1],
      ['shoes', 1],
    ]);
    expect(brokenDown(story, 'source', { stages }).overlapping).toBe(false);
  });

  it('by a property takes only those the store allows: strings, numbers and booleans', () => {
    const values = ['x', 1.5, true, false, null, ['y'], { z: 1 }, ''];
    const story = values.map((plan, i) => visit(`v${i}`, 0, { properties: { plan } }));
    const allowed = { stages: ['visit'], breakdown_properties: ['plan'] };
    expect(brokenDown(story, 'property:plan', allowed).rows).toEqual([
      ['(none)', 4],
      ['1.5', 1],
      ['false', 1],
      ['true', 1],
      ['x', 1],
    ]);
    expect(brokenDown(story, 'property:plan', { stages: ['visit'] }).rows).toEqual([['(none)', 8]]);
  });

  it('of a chain that starts with an order takes the order’s winning delivery', () => {
    const story = [
      buy(0, 'o1', { campaign: { source: 'page' } }),
      buy(1, 'o1', { source: 'webhook', visitor_id: 'shop', campaign: { source: 'hook' } }),
    ];
    expect(brokenDown(story, 'source', { stages: ['purchase'] }).rows).toEqual([['hook', 1]]);
  });

  it('cuts a value at 128 characters', () => {
    const story = [visit('a', 0, from('x'.repeat(128))), visit('b', 0, from('x'.repeat(129)))];
    expect(brokenDown(story, 'source').rows).toEqual([['x'.repeat(128), 2, 0]]);
  });

  it('lists the largest at the first stage, then by value; `(none)` competes and the rest is `other`', () => {
    const story = ['c', 'c', 'b', 'a', 'd', undefined, undefined].map((source, i) =>
      visit(`v${i}`, 0, source === undefined ? {} : from(source)),
    );
    expect(brokenDown(story, 'source', { limit: 3, stages: ['visit'] }).rows).toEqual([
      ['(none)', 2],
      ['c', 2],
      ['a', 1],
      ['other', 2],
    ]);
  });

  it('counts a unit once in `other`, also beside a listed value of its own', () => {
    const items = ['A', 'B', 'C'].map((id) => line(id, 1));
    const story = [look('a', 0, { items }), look('b', 0, { items: [line('A', 1)] })];
    expect(brokenDown(story, 'product', { limit: 1, stages: ['product_view'] }).rows).toEqual([
      ['A', 2],
      ['other', 1],
    ]);
  });

  it('counts units_any by the first day in the period with the stage’s event, `(none)` where no chain starts', () => {
    const story = [
      look('a', 0),
      visit('a', DAY, from('ads')),
      look('a', DAY + 1),
      visit('b', 0, from('ads')),
      look('b', 1),
    ];
    expect(brokenDown(story, 'source').any).toEqual([
      ['ads', 2, 1],
      ['(none)', 0, 1],
    ]);
  });
});
