/** Whoever hangs together is looked at together, everybody once: against a plain walk over the same events. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { betweenRuns, cutIntoParts, linesOf, type Part } from './parts.ts';
import { createSharing } from './sharing.ts';
import { createSpool } from './spool.ts';

type Sent = {
  visitor_id: string;
  type: 'view' | 'purchase';
  cart_id?: string;
  order_id?: string;
  customer_id?: string;
};

const id = (letter: string, many: number) => fc.nat(many).map((n) => `${letter}${n}`);
const sent: fc.Arbitrary<Sent> = fc.record(
  {
    visitor_id: id('v', 12),
    type: fc.constantFrom('view', 'purchase'),
    cart_id: id('x', 30),
    order_id: id('x', 30),
    customer_id: id('c', 30),
  },
  { requiredKeys: ['visitor_id', 'type'] },
);
const histories = fc.record({
  events: fc.array(sent, { maxLength: 40 }),
  /** Visitors of one hash come in turns: their runs are several. */
  torn: fc.boolean(),
  later: fc.array(id('v', 12), { maxLength: 2 }),
  filterBits: fc.constantFrom(8, 64, 2 ** 20),
  partEvents: fc.integer({ min: 1, max: 20 }),
});

const namesOf = ({ visitor_id, type, cart_id, order_id, customer_id }: Sent): string[] => [
  `visitor ${visitor_id}`,
  ...(cart_id === undefined ? [] : [`cart ${cart_id}`]),
  ...(order_id === undefined ? [] : [`order ${order_id}`]),
  ...(customer_id === undefined || type !== 'purchase' ? [] : [`customer ${customer_id}`]),
];

/** The visitors of each component, by joining until nothing is left to join. */
const componentsOf = (events: readonly Sent[]): Set<string>[] => {
  const groups: Set<string>[] = [];
  for (const event of events) {
    const names = new Set(namesOf(event));
    for (const group of groups.filter((some) => !some.isDisjointFrom(names))) {
      for (const name of group) names.add(name);
      groups.splice(groups.indexOf(group), 1);
    }
    groups.push(names);
  }
  return groups;
};

test('every event is in one part, with all that hang together with it, later ones among those that move', () => {
  fc.assert(
    fc.property(histories, ({ events, torn, later, filterBits, partEvents }) => {
      const inOrder = torn ? events : events.toSorted((a, b) => (a.visitor_id < b.visitor_id ? -1 : 1));
      using spool = createSpool();
      const sharing = createSharing(filterBits);
      const text = inOrder.map((event, n) => `${JSON.stringify({ ...event, event_id: `${n}`, received_at: n })}\n`);
      spool.take(new TextEncoder().encode(text.join('')), ({ delivery }) => sharing.look(delivery));
      spool.end();
      const movingNodes = later.map((visitor) => sharing.single(visitor));
      for (const line of spool.read(0, spool.bytes)) sharing.lookAgain(line);
      const { runs, components } = sharing.end();
      const { settled, moving } = cutIntoParts(runs, components, { partEvents, movingNodes });

      const idsOf = (part: Part): string[] => {
        const ids = [...linesOf(spool, runs, part)].map(({ delivery }) => delivery.event_id);
        expect(ids).toHaveLength(part.events);
        return ids;
      };
      const parts = [
        ...[...betweenRuns(spool, runs, partEvents)].map((part) => part.map(({ event_id }) => event_id)),
        ...settled.map(idsOf),
        ...moving.map(idsOf),
      ];
      expect(parts.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(inOrder.map((_, n) => `${n}`));

      const movingIds = new Set(moving.flatMap(idsOf));
      for (const group of componentsOf(inOrder)) {
        const ids = inOrder.flatMap((event, n) => (group.has(`visitor ${event.visitor_id}`) ? [`${n}`] : []));
        expect(parts.filter((part) => ids.some((one) => part.includes(one)))).toHaveLength(1);
        const moves = later.some((visitor) => group.has(`visitor ${visitor}`));
        expect(ids.map((one) => movingIds.has(one))).toEqual(ids.map(() => moves));
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});

test('parts hold as many whole visitors as there is room for', () => {
  using spool = createSpool();
  const sharing = createSharing(2 ** 20);
  const visitors = ['a', 'a', 'a', 'b', 'c', 'c', 'd', 'd', 'd'];
  const text = visitors.map((v, n) => `${JSON.stringify({ visitor_id: v, event_id: `${v}${n}`, received_at: 1 })}\n`);
  spool.take(new TextEncoder().encode(text.join('')), ({ delivery }) => sharing.look(delivery));
  for (const line of spool.read(0, spool.bytes)) sharing.lookAgain(line);
  const { runs } = sharing.end();
  expect(runs.count).toBe(0);
  const sizes = (partEvents: number) => [...betweenRuns(spool, runs, partEvents)].map((part) => part.length);
  expect(sizes(1)).toEqual([3, 1, 2, 3]);
  expect(sizes(4)).toEqual([4, 5]);
  expect(sizes(100)).toEqual([9]);
});
