import { DAY_MS, DEFAULT_DEFINITION } from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import { checkDefinition, makeDefinition } from './definition.ts';

describe('makeDefinition', () => {
  test('nothing given is the default', () => {
    expect(makeDefinition()).toEqual(DEFAULT_DEFINITION);
    expect(makeDefinition({ currency: undefined })).toEqual(DEFAULT_DEFINITION);
  });

  test('a zone is kept under its canonical name', () => {
    expect(makeDefinition({ time_zone: 'EUROPE/berlin' }).time_zone).toBe('Europe/Berlin');
    expect(makeDefinition({ time_zone: 'utc' }).time_zone).toBe('UTC');
  });

  test('a zone that has two names keeps the one it was given', () => {
    for (const time_zone of ['Asia/Kathmandu', 'Asia/Katmandu', 'Europe/Kyiv', 'Asia/Kolkata'])
      expect(makeDefinition({ time_zone }).time_zone).toBe(time_zone);
  });

  test('one mistake is told once', () => {
    const base = makeDefinition({
      stages: ['visit', 'gold'],
      stage_predicates: { gold: { type: 'visit', properties: [] } },
      targets: { gold: 0.5 },
    });
    const fieldsOf = (given: object) => {
      const checked = checkDefinition(given, base);
      return 'problems' in checked ? checked.problems.map(({ field }) => field) : [];
    };
    expect(fieldsOf({ stages: 'visit' })).toEqual(['stages']);
    expect(fieldsOf({ targets: { checkout: 'abc' } })).toEqual(['targets.checkout']);
  });

  test('a stage may be listed twice', () => {
    expect(makeDefinition({ stages: ['visit', 'visit', 'purchase'] }).stages).toEqual(['visit', 'visit', 'purchase']);
  });

  const GOLD = { type: 'add_to_cart', properties: [{ property: 'tier', equals: 'gold' }] };
  const test1 = (one: unknown) => ({
    stages: ['own'],
    stage_predicates: { own: { type: 'visit', properties: [one] } },
  });

  test('a stage of its own, each test of a property, targets and the rest are kept as given', () => {
    const given = {
      stages: ['visit', 'gold', 'constructor', 'purchase'],
      stage_predicates: {
        gold: {
          type: 'checkout',
          checkout_step: 'payment',
          properties: [
            { property: 'tier', equals: 'gold' },
            { property: 'tier', equals: 3 },
            { property: 'tier', exists: false },
            { property: 'tier', in: ['a', 'b'] },
            { property: 'page type', prefix: '/blog' },
            { property: 'price', less_than: -1.5 },
            { property: 'price', greater_than: 0 },
          ],
        },
        constructor: { type: 'custom:wish', properties: [] },
      },
      targets: { gold: 0.025, purchase: 0.123457 },
      breakdown_properties: ['tier', 'Ürün'],
      bots: { exclude: false, max_carts_per_day: 20 },
      fx_source: 'ecb',
    } as const;
    expect(makeDefinition(given)).toEqual({ ...DEFAULT_DEFINITION, ...given });
  });

  test('everything wrong is told at once, each with its place', () => {
    const checked = checkDefinition(
      { currency: 'eur', stages: ['visit', 'buy'], idle_ms: 9e7, abandon_ms: 1, targets: { visit: 2, gone: 0.5 } },
      DEFAULT_DEFINITION,
    );
    expect('problems' in checked && checked.problems.map(({ path }) => path)).toEqual([
      ['currency'],
      ['targets', 'visit'],
      ['idle_ms'],
      ['stages', 1],
      ['targets', 'gone'],
    ]);
  });

  test.each([
    [{ time_zone: 'Mars/Olympus' }, 'time_zone', '"Mars/Olympus"'],
    [{ time_zone: '+01:00' }, 'time_zone', 'Europe/Berlin'],
    [{ time_zone: '' }, 'time_zone', '""'],
    [{ time_zone: 5 }, 'time_zone', '5'],
    [{ currency: 'eur' }, 'currency', '"eur"'],
    [{ currency: 'XQQ' }, 'currency', 'EUR'],
    [{ stages: [] }, 'stages', 'empty'],
    [{ stages: Array.from({ length: 21 }, () => 'visit') }, 'stages', '20'],
    [{ stages: ['visit', 'buy'] }, 'stages.1', '"buy"'],
    [{ stages: ['checkout.later'] }, 'stages.0', 'checkout.contact'],
    [{ stages: ['custom:'] }, 'stages.0', 'custom:name'],
    [{ stages: 'visit' }, 'stages', 'not a list'],
    [{ funnels: [] }, 'funnels', 'empty'],
    [{ funnels: [{ unit: 'person', mode: 'ordered', window_ms: 1 }] }, 'funnels.0.unit', '"person"'],
    [{ funnels: [{ unit: 'cart', mode: 'ordered', window_ms: 0 }] }, 'funnels.0.window_ms', 'shorter'],
    [{ funnels: Array(2).fill({ unit: 'cart', mode: 'any', window_ms: 1 }) }, 'funnels', 'twice'],
    [{ idle_ms: 2_000, abandon_ms: 1_000 }, 'idle_ms', 'abandon_ms'],
    [{ abandon_ms: -1 }, 'abandon_ms', '-1'],
    [{ recovery_ms: 1.5 }, 'recovery_ms', '1.5'],
    [{ max_age_days: 0 }, 'max_age_days', '0'],
    [{ retention_days: 400 }, 'retention_days', 'max_age_days ago are still taken in: at least 401'],
    [{ retention_days: 9, max_age_days: 1, recovery_ms: 9 * DAY_MS }, 'retention_days', 'at least 11'],
    [
      { retention_days: 30, max_age_days: 1, funnels: [{ unit: 'cart', mode: 'any', window_ms: 30 * DAY_MS }] },
      'retention_days',
      'at least 31',
    ],
    [{ retention_days: 1.5 }, 'retention_days', 'whole number'],
    [{ surprise: 1 }, 'surprise', 'Leave it out'],
    [{ stages: ['gold'] }, 'stages.0', 'stage_predicates'],
    [{ stages: ['toString'] }, 'stages.0', '"toString"'],
    [{ stage_predicates: { gold: GOLD } }, 'stage_predicates.gold', 'not in stages'],
    [{ stage_predicates: { visit: GOLD } }, 'stage_predicates.visit', 'another name'],
    [{ stages: ['a=b'], stage_predicates: { 'a=b': GOLD } }, 'stage_predicates.a=b', 'not a name'],
    [
      { stages: ['own'], stage_predicates: { own: { ...GOLD, type: 'purchase' } } },
      'stage_predicates.own.type',
      'orders',
    ],
    [
      { stages: ['own'], stage_predicates: { own: { ...GOLD, type: 'buy' } } },
      'stage_predicates.own.type',
      'custom:name',
    ],
    [
      { stages: ['own'], stage_predicates: { own: { ...GOLD, checkout_step: 'start' } } },
      'stage_predicates.own.checkout_step',
      'only events of type checkout',
    ],
    [test1({ property: 'p' }), 'stage_predicates.own.properties.0', 'no test'],
    [test1({ property: 'p', exists: true, prefix: 'a' }), 'stage_predicates.own.properties.0', 'exists, prefix'],
    [test1({ property: '', exists: true }), 'stage_predicates.own.properties.0.property', 'empty'],
    [test1({ property: 'p', equals: true }), 'stage_predicates.own.properties.0.equals', 'true'],
    [test1({ property: 'p', in: [1] }), 'stage_predicates.own.properties.0.in.0', '1'],
    [test1({ property: 'p', less_than: '3' }), 'stage_predicates.own.properties.0.less_than', 'not a number'],
    [test1({ property: 'p', matches: '.*' }), 'stage_predicates.own.properties.0.matches', 'Leave it out'],
    [{ targets: { purchase: 1.01 } }, 'targets.purchase', '2.5 %'],
    [{ targets: { purchase: -0.1 } }, 'targets.purchase', 'below 0'],
    [{ targets: { purchase: 0.0000001 } }, 'targets.purchase', 'six decimals'],
    [{ targets: { friction: 0.5 } }, 'targets.friction', 'not in stages'],
    [{ breakdown_properties: Array.from({ length: 11 }, (_, i) => `p${i}`) }, 'breakdown_properties', '10'],
    [{ breakdown_properties: ['a', 'a'] }, 'breakdown_properties', 'twice'],
    [{ breakdown_properties: ['x'.repeat(65)] }, 'breakdown_properties.0', '64'],
    [{ breakdown_properties: ['a\nb'] }, 'breakdown_properties.0', 'plain text'],
    [{ bots: { exclude: 'yes', max_carts_per_day: 500 } }, 'bots.exclude', 'true nor false'],
    [{ bots: { exclude: true } }, 'bots.max_carts_per_day', 'missing'],
    [{ bots: { exclude: true, max_carts_per_day: 0 } }, 'bots.max_carts_per_day', '0'],
    [{ fx_source: 'European Central Bank' }, 'fx_source', 'A-Z'],
    [{ version: 7 }, 'version', 'Leave it out'],
  ])('%j is refused, naming %s and %s', (given, field, said) => {
    const make = () => makeDefinition(given as Parameters<typeof makeDefinition>[0]);
    expect(make).toThrow(
      expect.objectContaining({ code: 'bad_definition', field, message: expect.stringContaining(said) }),
    );
    expect(make).toThrow(field);
  });
});
