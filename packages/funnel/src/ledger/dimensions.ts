import type { Breakdown } from '../definition.ts';
import type { Order } from './cart-and-order.ts';
import type { Entry, History } from './history.ts';
import { compareUtf8 } from './order-of-events.ts';
import { propertyOf } from './predicates.ts';
import type { JourneyRow } from './rows.ts';

type Dimensions = JourneyRow['dimensions'];

/** Longest value of a breakdown, in characters. */
const MAX_DIMENSION_LENGTH = 128;

/** Cut by code point: half a surrogate pair is no text. */
const cut = (value: string): string =>
  value.length > MAX_DIMENSION_LENGTH ? [...value].slice(0, MAX_DIMENSION_LENGTH).join('') : value;

/** As JSON prints it, a string as it is; '' for what is no value to break down by. */
const printed = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? JSON.stringify(value) : '';
};

/** Each once, by value. */
const distinct = (values: readonly (string | undefined)[]): (string | undefined)[] =>
  values.length < 2 ? [...values] : [...new Set(values)].sort((a = '', b = '') => compareUtf8(a, b));

/**
 * The values that a chain starting at an event or order may be broken down by. An order's are those of its winner
 * delivery, but for new or returning, which its session says.
 */
export const createDimensions = ({ visitors }: Pick<History, 'visitors'>, properties: readonly string[]) => {
  const known = new Map<Entry | Order, Dimensions>();

  const byName = [...new Set(properties)].sort(compareUtf8);

  const read = (start: Entry | Order): Dimensions => {
    const { event } = 'winner' in start ? start.winner : start;
    const { session } = start;
    const { items = [], campaign, device } = event;
    const values: Dimensions = [];
    const add = (name: Breakdown, value: string | undefined): void => {
      if (value) values.push({ name, value: cut(value) });
    };
    const addAll = (name: Breakdown, all: readonly (string | undefined)[]): void => {
      for (const value of distinct(all.map((each) => each && cut(each)))) add(name, value);
    };
    // In order of name.
    add('campaign', campaign?.name);
    if (items.length > 0)
      addAll(
        'category',
        items.map(({ category }) => category),
      );
    add('country', device?.country);
    add('device', device?.type);
    if (items.length > 0)
      addAll(
        'product',
        items.map(({ product_id }) => product_id),
      );
    for (const name of byName) add(`property:${name}`, printed(propertyOf(event.properties, name)));
    add('source', campaign?.source);
    add('visitor', visitors.get(session.visitor_id)?.entries[0]?.session === session ? 'new' : 'returning');
    return values;
  };

  return (start: Entry | Order): Dimensions => {
    let dimensions = known.get(start);
    if (!dimensions) {
      dimensions = read(start);
      known.set(start, dimensions);
    }
    return dimensions;
  };
};
