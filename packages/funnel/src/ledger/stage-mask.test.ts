import type { EventType } from '@cartledger/events';
import { expect, it } from 'vitest';
import type { PropertyTest, StagePredicate } from '../definition.ts';
import { createStages } from './stage-mask.ts';
import { event } from './test-story.ts';

const tested = (test: PropertyTest, properties?: Record<string, unknown>): boolean =>
  createStages(['mine'], { mine: { type: 'visit', properties: [test] } }).ofEvent(
    event(0, 'visit', properties && { properties }),
  ) === 1;

it.each<[string, PropertyTest, unknown[], unknown[]]>([
  ['exists', { property: 'p', exists: true }, ['', 0, false, [], {}], []],
  ['= on strings', { property: 'p', equals: 'a' }, ['a'], ['A', 'ab', '', ['a'], 0, true]],
  ['= on numbers', { property: 'p', equals: 1 }, [1], ['1', true, 1.5, [1]]],
  ['in', { property: 'p', in: ['a', '1'] }, ['a', '1'], [1, 'b', '', ['a']]],
  ['prefix', { property: 'p', prefix: 'ab' }, ['ab', 'abc'], ['a', 'Abc', 'xab', ['ab'], 12]],
  ['<', { property: 'p', less_than: 2 }, [1, 1.9, -5], [2, 3, '1', null, false]],
  ['>', { property: 'p', greater_than: 2 }, [2.1, 3], [2, 1, '3', true]],
])('%s takes what it says and coerces nothing', (_, test, passing, failing) => {
  for (const p of passing) expect({ p, passes: tested(test, { p }) }).toEqual({ p, passes: true });
  for (const p of failing) expect({ p, passes: tested(test, { p }) }).toEqual({ p, passes: false });
});

it('what is not there passes only exists: false, also under a name that every object has', () => {
  const tests: PropertyTest[] = [
    { property: 'constructor', exists: true },
    { property: 'constructor', equals: '' },
    { property: 'constructor', in: [''] },
    { property: 'constructor', prefix: '' },
    { property: 'constructor', less_than: 1 },
    { property: 'constructor', greater_than: -1 },
  ];
  for (const test of tests) {
    expect(tested(test)).toBe(false);
    expect(tested(test, {})).toBe(false);
  }
  expect(tested({ property: 'constructor', exists: false })).toBe(true);
  expect(tested({ property: 'constructor', exists: false }, { constructor: 1 })).toBe(false);
});

it('all tests must pass, and the type and the step beside them', () => {
  const predicate: StagePredicate = {
    type: 'checkout',
    checkout_step: 'start',
    properties: [
      { property: 'plan', equals: 'gold' },
      { property: 'n', greater_than: 1 },
    ],
  };
  const { ofEvent } = createStages(['visit', 'gold', 'checkout'], { gold: predicate });
  const properties = { plan: 'gold', n: 2 };
  expect(ofEvent(event(0, 'checkout', { properties }))).toBe(0b110);
  expect(ofEvent(event(0, 'checkout', { properties, checkout_step: 'contact' }))).toBe(0b100);
  expect(ofEvent(event(0, 'checkout', { properties: { ...properties, n: 1 } }))).toBe(0b100);
  expect(ofEvent(event(0, 'visit', { properties }))).toBe(0b001);
});

it('a stage of its own naming never matches a purchase, and `purchase` matches orders alone', () => {
  const { ofEvent, ofOrder } = createStages(['visit', 'purchase'], {});
  expect(ofEvent(event(0, 'purchase'))).toBe(0);
  expect(ofOrder).toBe(0b10);
});

it('names of event types and steps are what they are, whatever predicates say', () => {
  const types: EventType[] = ['visit', 'checkout', 'custom:x'];
  const refund: StagePredicate = { type: 'refund', properties: [] };
  const { ofEvent } = createStages(['visit', 'checkout.start', 'custom:x'], {
    visit: refund,
    'checkout.start': refund,
    'custom:x': refund,
  });
  expect(types.map((type) => ofEvent(event(0, type)))).toEqual([0b001, 0b010, 0b100]);
  expect(ofEvent(event(0, 'refund'))).toBe(0);
});

it('one event may match several stages, and a stage listed twice twice', () => {
  const looked: StagePredicate = { type: 'visit', properties: [] };
  const { ofEvent } = createStages(['looked', 'visit', 'looked'], { looked });
  expect(ofEvent(event(0, 'visit'))).toBe(0b111);
});
