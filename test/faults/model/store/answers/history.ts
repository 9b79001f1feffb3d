import {
  countsOfVisitors,
  eventsOfVisitors,
  eventsWithProperties,
  hubOfVisitors,
  linksOf,
} from '@cartledger/history/testing';
import type { z } from 'zod';
import { answer, answerLoosely } from '../answer.ts';
import type { Readable } from '../server.ts';
import { big, compare, isInt, isText, list, listOf, type Row, text, type Value } from '../value.ts';
import { atPlaces } from './sets.ts';

/** As JSON has it: the query's own schema says whether it is as it has to be. */
type WireEvent = Readonly<Record<string, unknown>>;
type WireItem = z.input<typeof eventsOfVisitors.row>['items'][number];
type Places = Parameters<typeof atPlaces>[0];

/** 64 bits and wider are text in JSON. */
const wide = (value: Value | undefined): string | null =>
  value === null || value === undefined ? null : String(value);

const objectOf = (json: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(json);
    // ClickHouse takes the elements of a list for the members, in their order; the product writes none.
    if (Array.isArray(value)) throw new Error('the model reads no list where an object is due');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    // JSONExtract reads what is no JSON as an object without anything.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};

/** Of a JSON object its text members of these names; '' when there is none. */
const parts = (json: string, names: readonly string[]): string[] => {
  const object = objectOf(json);
  return names.map((name) => {
    const value = object[name] ?? '';
    if (typeof value !== 'string') throw new Error(`the model reads no ${name} that is no text`);
    return value;
  });
};

const itemsOf = (row: Row): WireItem[] => {
  const columns = (['product_id', 'variant_id', 'name', 'category'] as const).map((name) =>
    listOf(row, `items.${name}`, isText),
  );
  const prices = list(row, 'items.unit_price');
  return listOf(row, 'items.quantity', isInt).map((quantity, i) => {
    const [product_id = '', variant_id = '', name = '', category = ''] = columns.map((column) => column[i]);
    return [product_id, variant_id, name, category, quantity, wide(prices[i])];
  });
};

const AMOUNTS = ['items', 'discount', 'tax', 'shipping', 'total'] as const;

const wireOf = (row: Row, names: readonly string[] | null): WireEvent => ({
  ...row,
  visitor_hash: `${big(row, 'visitor_hash')}`,
  payload_hash: `${big(row, 'payload_hash')}`,
  items: itemsOf(row),
  amounts: AMOUNTS.map((name) => wide(row[`amount_${name}`])),
  context: [
    ...parts(text(row, 'page'), ['path', 'url']),
    ...parts(text(row, 'campaign'), ['source', 'name']),
    ...parts(text(row, 'device'), ['type', 'country', 'user_agent']),
  ],
  properties:
    names === null
      ? []
      : Object.entries(objectOf(text(row, 'properties')))
          .filter(([name]) => names.includes(name))
          .map(([name, value]) => [name, JSON.stringify(value)]),
});

const eventsAt = (from: Readable, places: Places, names: readonly string[] | null): WireEvent[] =>
  from
    .table('events')
    .final()
    .filter(atPlaces(places, 'visitor_hash'))
    .map((row) => wireOf(row, names));

/** The id that most visitors share, then the one with most events. */
const hubs = (rows: readonly Row[]): { name: 'cart_id' | 'order_id' | 'visitor_id'; id: string }[] => {
  const named = (['cart_id', 'order_id', 'visitor_id'] as const).flatMap((name) =>
    rows.map((row) => ({ name, id: text(row, name), visitor: big(row, 'visitor_hash') })),
  );
  const groups = [
    ...Map.groupBy(
      named.filter(({ id }) => id !== ''),
      ({ name, id }) => JSON.stringify([name, id]),
    ).values(),
  ];
  return groups
    .map((group) => ({ group, visitors: new Set(group.map(({ visitor }) => visitor)).size }))
    .sort(
      (a, b) =>
        b.visitors - a.visitors ||
        b.group.length - a.group.length ||
        compare(a.group[0]?.name ?? '', b.group[0]?.name ?? '') ||
        compare(a.group[0]?.id ?? '', b.group[0]?.id ?? ''),
    )
    .flatMap(({ group: [first] }) => (first === undefined ? [] : [{ name: first.name, id: first.id }]))
    .slice(0, 1);
};

export const HISTORY = [
  answer(linksOf, (from, places) => {
    const rows = from.table('links').raw().filter(atPlaces(places, 'node'));
    const distinct = new Map(
      rows.map((row) => [`${text(row, 'store_id')} ${big(row, 'node')} ${big(row, 'neighbor')}`, row]),
    );
    return [...distinct.values()].map((row) => ({
      store_id: text(row, 'store_id'),
      node: `${big(row, 'node')}`,
      neighbor: `${big(row, 'neighbor')}`,
    }));
  }),
  answer(countsOfVisitors, (from, places) => {
    const rows = from.table('events').raw().filter(atPlaces(places, 'visitor_hash'));
    return [...Map.groupBy(rows, (row) => `${text(row, 'store_id')} ${big(row, 'visitor_hash')}`)].map(
      ([place, all]) => {
        const [store_id = '', visitor_hash = ''] = place.split(' ');
        return { store_id, visitor_hash, events: `${all.length}` };
      },
    );
  }),
  answerLoosely(eventsOfVisitors, (from, places) => eventsAt(from, places, null)),
  answerLoosely(eventsWithProperties, (from, { names, ...places }) => eventsAt(from, places, names)),
  answer(hubOfVisitors, (from, places) => hubs(from.table('events').raw().filter(atPlaces(places, 'visitor_hash')))),
];
