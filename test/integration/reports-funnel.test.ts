import type { Breakdown } from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { at, createReportsWorld, item, type ReportsWorld } from './reports-world.ts';

let world: ReportsWorld;
beforeAll(async () => {
  world = await createReportsWorld(inject('clickhouseUrl'));
});
afterAll(() => world?.[Symbol.asyncDispose]());

const STAGES = ['visit', 'add_to_cart', 'purchase'];
const JANUARY = { from: '2027-01-01', to: '2027-01-31' };
const order = (time: string, order_id: string, visitor_id: string) =>
  at(time, 'purchase', { order_id, visitor_id, amounts: { total: 500 }, source: 'browser' });

test('a period counts each unit once, at its furthest day in the period', async () => {
  await world.createStore('once', {
    stages: STAGES,
    funnels: [{ unit: 'visitor', mode: 'ordered', window_ms: 3_600_000 }],
  });
  await world.take('once', [
    // a: visits on the 5th, buys on the 10th, visits again on the 20th.
    at('2027-01-05T10:00:00', 'visit', { visitor_id: 'a' }),
    at('2027-01-10T10:00:00', 'visit', { visitor_id: 'a' }),
    at('2027-01-10T10:10:00', 'add_to_cart', { visitor_id: 'a', items: [item('A', 500)] }),
    order('2027-01-10T10:30:00', 'o1', 'a'),
    at('2027-01-20T10:00:00', 'visit', { visitor_id: 'a' }),
    // b: an add on the 7th without a visit; a visit on the 8th.
    at('2027-01-07T10:00:00', 'add_to_cart', { visitor_id: 'b', items: [item('A', 500)] }),
    at('2027-01-08T10:00:00', 'visit', { visitor_id: 'b' }),
  ]);
  const stages = async (from: string, to: string) => {
    const report = await world.reports.funnel(await world.query('once', { from, to }));
    return report.stages.map(({ units, units_any }) => [units, units_any]);
  };
  expect(await stages('2027-01-01', '2027-01-31')).toEqual([
    [2, 2],
    [1, 2],
    [1, 1],
  ]);
  expect(await stages('2027-01-01', '2027-01-09')).toEqual([
    [2, 2],
    [0, 1],
    [0, 0],
  ]);
  expect(await stages('2027-01-11', '2027-01-31')).toEqual([
    [1, 1],
    [0, 0],
    [0, 0],
  ]);
  expect(await stages('2027-01-07', '2027-01-07')).toEqual([
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
  const report = await world.reports.funnel(await world.query('once', JANUARY));
  expect(report.stages[0]).toMatchObject({ median_ms_to_next: 600_000, p90_ms_to_next: 600_000, dropped: 1 });
  expect(report.stages[2]).toMatchObject({ conversion_from_first: 0.5, conversion_from_previous: 1 });
  expect(report.warnings.map(({ code }) => code)).toContain('stage_without_events');
});

test('a stage that nothing has matched for 30 days is warned of, with the last day that something did', async () => {
  await world.createStore('silent', { stages: ['visit', 'product_view', 'purchase'] });
  await world.take('silent', [
    at('2027-01-05', 'visit', { visitor_id: 'a' }),
    at('2027-03-01', 'product_view', { visitor_id: 'a' }),
  ]);
  const asked = await world.query('silent', JANUARY);
  const silent = [
    'No event has matched stage visit for 30 days: the last did on 2027-01-05.',
    'No event has ever matched stage purchase.',
  ];
  const messages = async (change: object) =>
    (await world.reports.funnel({ ...asked, as_of: Date.parse('2027-03-02'), ...change })).warnings.map(
      ({ message }) => message,
    );
  expect(await messages({})).toEqual(silent);
  // Computed from the events too, and in a period that has none of them.
  for (const change of [
    { window_ms: 86_400_000 },
    { unit: 'session', mode: 'any', from: '2027-02-01', to: '2027-02-02' },
  ])
    expect((await messages(change)).slice(0, 2)).toEqual(silent);
});

test('of a stage that a definition has brought, a warning tells only of the days that are counted with it', async () => {
  await world.createStore('brought', { stages: ['visit', 'purchase'] });
  await world.take('brought', [
    at('2027-01-05', 'visit', { visitor_id: 'a' }),
    at('2027-01-05T12:01:00', 'product_view', { visitor_id: 'a' }),
    at('2027-01-25', 'visit', { visitor_id: 'b' }),
  ]);
  await world.define('brought', { stages: ['visit', 'product_view', 'purchase'] }, '2027-01-20');
  const asked = await world.query('brought', { from: '2027-01-20', to: '2027-01-31', as_of: Date.parse('2027-02-01') });
  expect((await world.reports.funnel(asked)).warnings.map(({ message }) => message)).toEqual([
    'No event has matched stage product_view, of the days that are counted with it (from 2027-01-20 on).',
    'No event has ever matched stage purchase.',
  ]);
});

test('stages that carts have none of are left out with a warning each, kept or counted on demand', async () => {
  const funnels = [{ unit: 'cart', mode: 'ordered', window_ms: 3_600_000 }] as const;
  await world.createStore('left-out', { stages: ['visit', 'product_view', ...STAGES.slice(1)], funnels: [...funnels] });
  await world.take('left-out', [
    at('2027-01-05T10:00:00', 'visit', { visitor_id: 'a' }),
    at('2027-01-05T10:10:00', 'add_to_cart', { visitor_id: 'a', items: [item('A', 500)] }),
    order('2027-01-05T10:30:00', 'o1', 'a'),
  ]);
  const asked = await world.query('left-out', { ...JANUARY, as_of: Date.parse('2027-01-06') });
  const stagesAndWarnings = async (change: object) => {
    const { stages, warnings } = await world.reports.funnel({ ...asked, ...change });
    return [stages.map(({ stage, units }) => `${stage} ${units}`), warnings.map(({ code }) => code)];
  };
  const counted = ['add_to_cart 1', 'purchase 1'];
  expect(await stagesAndWarnings({})).toEqual([counted, ['stage_left_out', 'stage_left_out']]);
  expect(await stagesAndWarnings({ mode: 'any' })).toEqual([
    counted,
    ['stage_left_out', 'stage_left_out', 'computed_on_demand'],
  ]);
  const { warnings } = await world.reports.funnel(asked);
  expect(warnings.map(({ message }) => message)).toEqual([
    'Stage visit is left out: carts begin with what is put in them.',
    'Stage product_view is left out: carts begin with what is put in them.',
  ]);
  expect((await stagesAndWarnings({ unit: 'visitor' }))[1]).toEqual(['stage_without_events', 'computed_on_demand']);
  // So are they in the pipeline, whose funnel is the store's first.
  const pipeline = await world.reports.pipeline(asked);
  expect(pipeline.warnings.map(({ code }) => code)).toEqual(['stage_left_out', 'stage_left_out']);
});

test('days under other stages than the rest are told apart, and each version counts its own', async () => {
  await world.createStore('versions', { stages: ['visit', 'purchase'] });
  await world.take('versions', [
    at('2027-01-05', 'visit', { visitor_id: 'a' }),
    at('2027-01-15', 'visit', { visitor_id: 'b' }),
    at('2027-01-15T13:00:00', 'product_view', { visitor_id: 'b' }),
  ]);
  await world.define('versions', { stages: ['visit', 'product_view', 'purchase'] }, '2027-01-11');
  const asked = await world.query('versions', JANUARY);
  await expect(world.reports.funnel(asked)).rejects.toMatchObject({
    code: 'several_versions',
    message: expect.stringContaining('version 1 (2027-01-01 to 2027-01-10), version 2 (2027-01-11 to 2027-01-31)'),
  });
  const after = await world.reports.funnel({ ...asked, from: '2027-01-11' });
  expect(after.definition_versions).toEqual([2]);
  expect(after.stages.map(({ stage, units }) => [stage, units])).toEqual([
    ['visit', 1],
    ['product_view', 1],
    ['purchase', 0],
  ]);
  const before = await world.reports.funnel({ ...asked, to: '2027-01-10' });
  expect(before.definition_versions).toEqual([1]);
  expect(before.stages.map(({ stage, units }) => [stage, units])).toEqual([
    ['visit', 1],
    ['purchase', 0],
  ]);
  expect((await world.reports.abandonment(asked)).definition_versions).toEqual([1, 2]);
});

test('a breakdown takes the value at the start of the counted chain, and lists the rest as other', async () => {
  await world.createStore('breakdown', { stages: ['visit', 'purchase'], breakdown_properties: ['plan'] });
  const visit = (day: string, visitor_id: string, source: string | null, plan?: string | number) =>
    at(day, 'visit', {
      visitor_id,
      ...(source !== null && { campaign: { source } }),
      ...(plan !== undefined && { properties: { plan, unlisted: 'x' } }),
    });
  await world.take('breakdown', [
    visit('2027-01-05', 'a', 'mail', 'gold'),
    // b came by search first; the day on which he bought counts, which he began by mail.
    visit('2027-01-05', 'b', 'search', 'gold'),
    visit('2027-01-20', 'b', 'mail', 7),
    order('2027-01-20T13:00:00', 'o1', 'b'),
    visit('2027-01-06', 'c', 'search'),
    visit('2027-01-07', 'd', null),
    visit('2027-01-08', 'e', 'social'),
  ]);
  const asked = await world.query('breakdown', JANUARY);
  const by = async (breakdown: Breakdown, breakdown_values?: number) => {
    const report = await world.reports.funnel({ ...asked, breakdown, ...(breakdown_values && { breakdown_values }) });
    return report.breakdown?.values.map(({ value, stages }) => [value, ...stages.map(({ units }) => units)]);
  };
  expect(await by('source')).toEqual([
    ['mail', 2, 1],
    ['(none)', 1, 0],
    ['search', 1, 0],
    ['social', 1, 0],
  ]);
  expect(await by('source', 1)).toEqual([
    ['mail', 2, 1],
    ['other', 3, 0],
  ]);
  expect(await by('property:plan')).toEqual([
    ['(none)', 3, 0],
    ['7', 1, 1],
    ['gold', 1, 0],
  ]);
  expect(await by('visitor')).toEqual([
    ['new', 4, 0],
    ['returning', 1, 1],
  ]);
  await expect(by('property:unlisted')).rejects.toMatchObject({
    code: 'no_such_breakdown',
    message: expect.stringContaining('category, property:plan'),
  });
});

test('conversions and drops of an open funnel count units at both stages, in all, by value, listed, kept or on demand', async () => {
  const funnels = [{ unit: 'visitor', mode: 'open', window_ms: 86_400_000 }] as const;
  await world.createStore('both', { stages: STAGES, funnels: [...funnels] });
  const mail = { campaign: { source: 'mail' } };
  const ads = { campaign: { source: 'ads' } };
  const add = (minute: number, visitor_id: string, more: object = {}) =>
    at(`2027-01-05T10:0${minute}:00`, 'add_to_cart', { visitor_id, items: [item('A', 500)], ...more });
  await world.take('both', [
    // a goes all the way, b only visits, c only adds; d adds nothing, e never visits.
    ...['a', 'b', 'd'].map((visitor_id) => at('2027-01-05T10:00:00', 'visit', { visitor_id, ...mail })),
    add(1, 'a'),
    ...['c', 'e'].map((visitor_id) => add(0, visitor_id, ads)),
    ...['a', 'd', 'e'].map((visitor_id) => order('2027-01-05T10:05:00', `o-${visitor_id}`, visitor_id)),
  ]);
  const asked = await world.query('both', JANUARY);
  // An hour and a minute of a window hold the same events; nobody keeps that funnel.
  for (const window_ms of [86_400_000, 3_660_000]) {
    const { stages, breakdown } = await world.reports.funnel({ ...asked, window_ms, breakdown: 'source' });
    const shown = (some: typeof stages) =>
      some.map(({ units, conversion_from_previous, dropped }) => [units, conversion_from_previous, dropped]);
    expect(shown(stages)).toEqual([
      [3, null, 2],
      [3, 0.333333, 1],
      [3, 0.666667, 0],
    ]);
    expect(breakdown?.values.map(({ value, stages: counted }) => [value, ...shown(counted)])).toEqual([
      ['mail', [3, null, 2], [1, 0.333333, 0], [2, 1, 0]],
      ['ads', [0, null, 0], [2, null, 1], [1, 0.5, 0]],
    ]);
    const listed = async (figure: string) => {
      const { rows } = await world.reports.explain('funnel', { ...asked, window_ms, breakdown: 'source' }, { figure });
      return rows.map(({ id }) => id);
    };
    expect(await listed('stage=visit,figure=dropped')).toEqual(['b', 'd']);
    expect(await listed('stage=add_to_cart,figure=dropped')).toEqual(['c']);
    expect(await listed('stage=purchase,figure=dropped')).toEqual([]);
    expect(await listed('stage=add_to_cart,figure=dropped,value=mail')).toEqual([]);
    expect(await listed('stage=add_to_cart,figure=dropped,value=ads')).toEqual(['c']);
  }
});
