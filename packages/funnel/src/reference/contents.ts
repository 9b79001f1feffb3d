/** What a cart holds, folded over its own events in order (definitions.md 4). */
import type { Item } from '@cartledger/events';
import { addMoney, type Money } from './arithmetic.ts';
import { isSnapshot, type KeptEvent } from './kept.ts';

/** A line is a product and a variant, '' where none is named. */
export type Line = { product_id: string; variant_id: string; quantity: number };
export type Lines = ReadonlyMap<string, Line>;
/** The last price stated for a line in the cart's life. */
type Price = { unit: bigint; currency: string };

export type Contents = {
  /** The lines after each event, position for position; empty where the cart holds nothing. */
  after: readonly Lines[];
  /** The contents at the end, or what they were just before they were last emptied. */
  counted: Lines;
  prices: ReadonlyMap<string, Price>;
  /** Items of removes that matched nothing; what a snapshot already has in it is not looked at. */
  unmatchedRemoves: number;
};

export const lineKey = (line: { product_id: string; variant_id?: string }): string =>
  JSON.stringify([line.product_id, line.variant_id ?? '']);

export const foldContents = (events: readonly KeptEvent[], tieToleranceMs: number): Contents => {
  const prices = new Map<string, Price>();
  const after: Lines[] = [];
  let lines: Lines = new Map();
  let counted: Lines = lines;
  let snapshotAt = Number.NEGATIVE_INFINITY;
  let unmatchedRemoves = 0;
  const removeOrCount: Change = (lines, key, item) => {
    const matches = removeItem(lines, key, item);
    if (!matches) unmatchedRemoves++;
    return matches;
  };

  for (const e of events) {
    if (isSnapshot(e)) {
      snapshotAt = e.time;
      lines = applyItems(new Map(), e, prices, addItem);
    } else if (e.time - snapshotAt > tieToleranceMs) {
      if (e.type === 'add_to_cart') lines = applyItems(lines, e, prices, addItem);
      if (e.type === 'remove_from_cart') lines = applyItems(lines, e, prices, removeOrCount);
    }
    // Emptying leaves the contents just before it counted.
    if (lines.size > 0) counted = lines;
    after.push(lines);
  }
  return { after, counted, prices, unmatchedRemoves };
};

/** Changes the lines by one item; false when it matches nothing and so states no price either. */
type Change = (lines: Map<string, Line>, key: string, item: Item) => boolean;

const applyItems = (before: Lines, e: KeptEvent, prices: Map<string, Price>, change: Change): Lines => {
  const lines = new Map(before);
  for (const item of e.items ?? []) {
    const key = lineKey(item);
    if (!change(lines, key, item)) continue;
    if (item.unit_price !== undefined && e.currency !== undefined) {
      prices.set(key, { unit: BigInt(item.unit_price), currency: e.currency });
    }
  }
  return lines;
};

const addItem: Change = (lines, key, item) => {
  const quantity = (lines.get(key)?.quantity ?? 0) + item.quantity;
  lines.set(key, { product_id: item.product_id, variant_id: item.variant_id ?? '', quantity });
  return true;
};

const removeItem: Change = (lines, key, item) => {
  const line = lines.get(key);
  if (line === undefined) return false;
  const quantity = line.quantity - item.quantity;
  if (quantity > 0) lines.set(key, { ...line, quantity });
  else lines.delete(key);
  return true;
};

/** What one line is worth; null when its price was never stated. */
export const lineValue = (
  key: string,
  line: Line,
  prices: Contents['prices'],
): { currency: string; amount: bigint } | null => {
  const price = prices.get(key);
  return price === undefined ? null : { currency: price.currency, amount: BigInt(line.quantity) * price.unit };
};

/** The value of lines, one amount a currency. */
export const worthOf = (lines: Lines, prices: Contents['prices']): Money => {
  const value: Money = new Map();
  for (const [key, line] of lines) {
    const worth = lineValue(key, line, prices);
    if (worth !== null) addMoney(value, worth.currency, worth.amount);
  }
  return value;
};
