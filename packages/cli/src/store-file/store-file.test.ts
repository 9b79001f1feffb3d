import { readFileSync } from 'node:fs';
import { makeDefinition } from '@cartledger/control';
import { DEFAULT_DEFINITION, type Definition, FUNNEL_MODES, FUNNEL_UNITS } from '@cartledger/funnel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printYaml, storeFileOf } from './print.ts';
import { readStoreFile } from './read.ts';

const read = (text: string, base = DEFAULT_DEFINITION) => readStoreFile('store.yaml', text, base);

describe('a store file', () => {
  test('says what it changes in the words a person would use', () => {
    const file = `# Our shop
time_zone: Europe/Berlin
stages:
  - visit
  - product_view
  - {name: gold_cart, type: add_to_cart, properties: [{property: tier, equals: gold}]}
  - name: paying
    type: checkout
    checkout_step: payment
  - purchase
targets:
  purchase: 2.5%
  paying: 0.1
funnels:
  - {unit: visitor, mode: strict, window: 1d}
  - unit: session
idle: 20m
abandon_ms: 3600000
bots: {exclude: false}
`;
    expect(read(file)).toEqual({
      change: {
        time_zone: 'Europe/Berlin',
        stages: ['visit', 'product_view', 'gold_cart', 'paying', 'purchase'],
        stage_predicates: {
          gold_cart: { type: 'add_to_cart', properties: [{ property: 'tier', equals: 'gold' }] },
          paying: { type: 'checkout', checkout_step: 'payment', properties: [] },
        },
        targets: { purchase: 0.025, paying: 0.1 },
        funnels: [
          { unit: 'visitor', mode: 'strict', window_ms: 86_400_000 },
          { unit: 'session', mode: 'ordered', window_ms: 604_800_000 },
        ],
        idle_ms: 1_200_000,
        abandon_ms: 3_600_000,
        bots: { exclude: false, max_carts_per_day: 500 },
      },
    });
  });

  test('says how long events are kept, longer than anything that is still open, or for ever', () => {
    expect(read('retention_days: 800\n')).toEqual({ change: { retention_days: 800 } });
    expect(read('retention_days: null\n', { ...DEFAULT_DEFINITION, retention_days: 800 })).toEqual({
      change: { retention_days: null },
    });
    expect(read('idle: 20m\nretention_days: 90\n')).toEqual({
      problems: [
        'store.yaml:2:17: retention_days is 90: too few, for events of max_age_days ago are still taken in: at least 401.',
      ],
    });
    expect(read('max_age_days: 900\n', { ...DEFAULT_DEFINITION, retention_days: 800 })).toEqual({
      problems: [
        'store.yaml:1:15: retention_days, which the store has as 800: too few, for events of max_age_days ago are still taken in: at least 901.',
      ],
    });
  });

  test('that is wrong in many places is told of all of them, each with line, column, field, value and remedy', () => {
    const file = `time_zone: Mars/Olympus
stages:
  - visit
  - gold
  - {name: silver, type: buy, properties: [{property: tier, equal: x}]}
targets:
  purchase: 250%
funnels:
  - {unit: visitor, window: 7}
idle: 2 hours
timezone: UTC
bots:
  exclude: maybe
`;
    expect(read(file)).toEqual({
      problems: [
        'store.yaml:1:12: time_zone is Mars/Olympus: not an IANA time zone, such as Europe/Berlin.',
        expect.stringMatching(
          /^store\.yaml:4:5: stages\[2\] is gold: not a stage: use an event type .*\{name, type, properties: \[...\]\}\.$/,
        ),
        expect.stringMatching(
          /^store\.yaml:5:26: stages\[3\]\.type is buy: not an event type: use visit, .* custom:name\.$/,
        ),
        expect.stringMatching(/^store\.yaml:5:44: stages\[3\]\.properties\[1\] .*no test: give one of exists/),
        expect.stringMatching(/^store\.yaml:5:68: stages\[3\]\.properties\[1\]\.equal is x: no part of a definition/),
        'store.yaml:7:13: targets.purchase is 250%: above 1: give a share, 0.025 for 2.5 %.',
        'store.yaml:7:13: targets.purchase is 250%: not in stages: list it there, or leave its target out.',
        'store.yaml:9:29: funnels[1].window is 7: no time span, give it with its unit: 30m, 12h, 7d.',
        'store.yaml:10:7: idle is 2 hours: no time span, give it with its unit: 30m, 12h, 7d.',
        expect.stringMatching(/^store\.yaml:11:11: timezone is UTC: not known here; known are time_zone, currency/),
        'store.yaml:13:12: bots.exclude is maybe: neither true nor false.',
      ],
    });
  });

  test('that does not fit what the store has names that, where the file says what it does not fit', () => {
    const base = makeDefinition({ targets: { checkout: 0.5 } });
    expect(read('stages: [visit, purchase]', base)).toEqual({
      problems: [
        'store.yaml:1:9: targets.checkout, which the store has as 0.5: not in stages: list it there, or leave its target out.',
      ],
    });
    const gold = makeDefinition({
      stages: ['visit', 'gold'],
      stage_predicates: { gold: { type: 'checkout', properties: [] } },
    });
    expect(read('stages: visit', gold)).toEqual({ problems: ['store.yaml:1:9: stages is visit: not a list.'] });
    expect(read('currency: USD\nabandon: 20m')).toEqual({
      problems: [
        'store.yaml:2:10: idle, which the store has as 30m: longer than abandon: a cart is idle before it is abandoned.',
      ],
    });
    const kept = { ...DEFAULT_DEFINITION, max_age_days: 5, retention_days: 30 };
    expect(read('recovery: 40d\nfunnels:\n  - {unit: visitor, window: 60d}', kept)).toEqual({
      problems: [
        'store.yaml:1:11: retention_days, which the store has as 30: too few, for carts may still be recovered (abandon and recovery): at least 42.',
        expect.stringMatching(/^store\.yaml:3:3: retention_days, which the store has as 30: too few, for funnels are/),
      ],
    });
  });

  test('docs/store.yaml can be used, and says every field there is with its default but where it says otherwise', () => {
    const text = readFileSync(new URL('../../../../docs/store.yaml', import.meta.url), 'utf8');
    const result = read(text);
    if ('problems' in result) throw new Error(result.problems.join('\n'));
    const { version: _, ...fields } = DEFAULT_DEFINITION;
    expect(new Set(Object.keys(result.change))).toEqual(new Set(Object.keys(fields)));
    expect(makeDefinition(result.change)).toEqual({
      ...DEFAULT_DEFINITION,
      time_zone: 'Europe/Berlin',
      stages: ['visit', 'product_view', 'add_to_cart', 'gold_cart', 'checkout', 'checkout.payment', 'purchase'],
      stage_predicates: { gold_cart: { type: 'add_to_cart', properties: [{ property: 'tier', equals: 'gold' }] } },
      targets: { add_to_cart: 0.1, purchase: 0.025 },
      breakdown_properties: ['tier'],
    });
  });

  test.each([
    ['', 'store.yaml: says no field of a store'],
    ['- visit', 'store.yaml: says no field of a store'],
    ['idle: [1', 'store.yaml:1:9: '],
    ['idle: 30m\nidle: 20m', 'store.yaml:2:1: Map keys must be unique'],
    ['idle: 30m\nidle_ms: 5\n', 'store.yaml:2:'],
    ['\tidle: 30m', 'store.yaml:1:1: '],
    ['stages: visit', 'store.yaml:1:9: stages is visit: not a list'],
    ['stages:', 'store.yaml:1:'],
    ['stages: [{type: visit}]', 'store.yaml:1:10: stages[1] is {type: visit}: a stage of your own needs a name'],
    ['stages: [{name: visit, type: visit}]', 'store.yaml:1:10: stages[1]'],
    ['stages: [{name: a, type: visit}, {name: a, type: visit}]', 'store.yaml:1:41: stages[2].name is a: said twice'],
    ['stage_predicates: {}', 'store.yaml:1:19: stage_predicates is {}: say it with the stage itself'],
    ['funnels: [{unit: cart, window: 1d, window_ms: 5}]', 'store.yaml:1:47: funnels[1].window_ms is 5: said twice'],
    ['idle: 30m\n---\nidle: 20m', 'store.yaml:2:1: a second document begins here'],
    ['stages: [{name: a, type: visit, properties: []}]', 'store.yaml:1:45: stages[1].properties is []: an empty list'],
    [
      'stages: [visit, product_view]\nfunnels: [{unit: cart}]',
      'store.yaml:2:11: funnels[1] is {unit: cart}: a cart has no visits',
    ],
    ['idle: &a 30m\nabandon: *b', 'store.yaml: Unresolved alias'],
  ])('%j is refused with %j', (text, start) => {
    const result = read(text);
    expect('problems' in result && result.problems[0]?.startsWith(start) ? start : result).toBe(start);
  });

  const name = fc
    .stringMatching(/^[a-z][a-z0-9_.-]{0,10}$/)
    .filter((n) => !/^(visit|friction|refund|purchase|checkout)/.test(n));
  const text = fc.string({ minLength: 1, maxLength: 20 }).filter((t) => !/\p{Cc}/u.test(t));
  const share = fc.nat({ max: 1_000_000 }).map((n) => n / 1e6);
  const property = fc.oneof(
    fc.record({ property: text, exists: fc.boolean() }),
    fc.record({ property: text, equals: fc.oneof(text, fc.constantFrom('yes', '1', 'null', '1e3'), fc.integer()) }),
    fc.record({ property: text, in: fc.array(text, { minLength: 1, maxLength: 3 }) }),
    fc.record({ property: text, prefix: text }),
    fc.record({ property: text, less_than: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0) }),
  );
  const definition: fc.Arbitrary<Definition> = fc
    .record({
      own: fc.uniqueArray(fc.tuple(name, fc.array(property, { maxLength: 2 })), { maxLength: 3, selector: ([n]) => n }),
      stage_count: fc.integer({ min: 3, max: 5 }),
      shares: fc.array(share, { maxLength: 5 }),
      funnels: fc.uniqueArray(
        fc.record({
          unit: fc.constantFrom(...FUNNEL_UNITS),
          mode: fc.constantFrom(...FUNNEL_MODES),
          window_ms: fc.integer({ min: 1, max: 31_622_400_000 }),
        }),
        { minLength: 1, maxLength: 3, selector: (f) => JSON.stringify(f) },
      ),
      idle_ms: fc.integer({ min: 1, max: 3_600_000 }),
      breakdown_properties: fc.uniqueArray(text, { maxLength: 3 }),
      exclude: fc.boolean(),
      fx_source: fc.constantFrom('', 'ecb'),
    })
    .map(({ own, stage_count, shares, exclude, ...rest }) => {
      const stages = [...DEFAULT_DEFINITION.stages.slice(0, stage_count), ...own.map(([n]) => n), 'visit'];
      return makeDefinition({
        ...rest,
        stages,
        stage_predicates: Object.fromEntries(own.map(([n, properties]) => [n, { type: 'visit', properties }])),
        targets: Object.fromEntries(shares.flatMap((s, i) => (stages[i] === undefined ? [] : [[stages[i], s]]))),
        bots: { exclude, max_carts_per_day: 7 },
      });
    });

  test('that was printed, as YAML or as JSON, is read back as the same definition', () => {
    fc.assert(
      fc.property(definition, (d) => {
        for (const printed of [printYaml(d), JSON.stringify(storeFileOf(d))]) {
          const result = read(printed);
          if ('problems' in result) throw new Error(`${printed}\n${result.problems.join('\n')}`);
          expect(makeDefinition(result.change)).toEqual(d);
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
