import type { Item } from '@cartledger/events';
import { isCartEvent, snapshotOf } from './cart-events.ts';
import type { Entry } from './history.ts';
import { addMoney, lineValue, type Money, moneyLines } from './money.ts';
import { compareUtf8 } from './order-of-events.ts';
import type { CartLine, MoneyLine } from './rows.ts';

type Line = {
  product_id: string;
  variant_id: string;
  quantity: number;
  price: { amount: number; currency: string } | null;
};

type Change = { line: Line; by: number };

export type Contents = {
  apply(entry: Entry): void;
  holdsItems(): boolean;
  /** The contents; when they hold nothing, those just before they were last emptied. */
  countedLines(): CartLine[];
  /** The largest value at any moment, at the last stated prices. */
  peakValue(): MoneyLine[];
  /** Items of removes that matched nothing in the contents; one that a snapshot already has in it is none. */
  unmatchedRemoves(): number;
  /** Ever in the contents, with the last name that a cart event gave it, an ignored one too; '' without any. */
  products(): { product_id: string; name: string }[];
};

/** Names a line; no two lines share a name, whatever their ids hold. */
export const lineKey = (product_id: string, variant_id = ''): string =>
  `${product_id.length}:${product_id}${variant_id}`;

const compareLines = (a: { product_id: string; variant_id?: string }, b: typeof a): number =>
  compareUtf8(a.product_id, b.product_id) || compareUtf8(a.variant_id ?? '', b.variant_id ?? '');

const priced = (quantity: number, { price }: Line): [string, bigint] | null =>
  price && [price.currency, lineValue(quantity, price.amount)];

export const sumLines = (lines: readonly CartLine[]): MoneyLine[] => {
  const sum: Money = new Map();
  for (const { quantity, unit_price, currency } of lines)
    if (unit_price !== null) addMoney(sum, currency, lineValue(quantity, unit_price));
  return moneyLines(sum);
};

/** Why an add or remove changed nothing: it is in the snapshot just before it, or takes what is not there. */
export type IgnoredChange = 'in_snapshot' | 'matches_nothing';

/** Folds a cart's events, in order, into its contents (definitions.md 4). */
export const createContents = (
  { tie_tolerance_ms }: { tie_tolerance_ms: number },
  ignored?: (entry: Entry, why: IgnoredChange) => void,
): Contents => {
  /** Every line of the cart's life: a price stated once holds on after the line is gone. */
  const life = new Map<string, Line>();
  const present = new Set<Line>();
  const everIn = new Set<string>();
  const names = new Map<string, string>();
  let beforeEmptied: { line: Line; quantity: number }[] = [];
  /** Each event's changes of quantity, from which the peak is found once the last prices are known. */
  const changes: Change[][] = [];
  let shrank = false;
  let unmatchedRemoves = 0;
  let lastSnapshotAt = Number.NEGATIVE_INFINITY;

  const lineOf = ({ product_id, variant_id = '' }: Item): Line => {
    const key = lineKey(product_id, variant_id);
    let line = life.get(key);
    if (!line) {
      line = { product_id, variant_id, quantity: 0, price: null };
      life.set(key, line);
    }
    return line;
  };

  const state = (line: Line, { unit_price }: Item, currency: string | undefined): void => {
    if (unit_price !== undefined && currency !== undefined) line.price = { amount: unit_price, currency };
  };

  /** A name is no change of the contents: one that an ignored change gives counts too. */
  const nameProducts = ({ event }: Entry): void => {
    if (!isCartEvent(event)) return;
    for (const { product_id, name = '' } of event.items ?? []) if (name !== '') names.set(product_id, name);
  };

  const change = (line: Line, by: number): Change => {
    line.quantity += by;
    if (line.quantity > 0) {
      present.add(line);
      everIn.add(line.product_id);
    } else present.delete(line);
    if (by < 0) shrank = true;
    return { line, by };
  };

  const replace = (items: readonly Item[], currency: string | undefined) => {
    const made = [...present].map((line) => change(line, -line.quantity));
    for (const item of items) {
      const line = lineOf(item);
      state(line, item, currency);
      made.push(change(line, item.quantity));
    }
    return made;
  };

  const add = (items: readonly Item[], currency: string | undefined) =>
    items.map((item) => {
      const line = lineOf(item);
      state(line, item, currency);
      return change(line, item.quantity);
    });

  const remove = (items: readonly Item[], currency: string | undefined) =>
    items.flatMap((item) => {
      const line = life.get(lineKey(item.product_id, item.variant_id));
      // A remove that matches nothing is ignored, its price too.
      if (!line || line.quantity === 0) return [];
      state(line, item, currency);
      return [change(line, -Math.min(line.quantity, item.quantity))];
    });

  const changesOf = (entry: Entry) => {
    const { event, time } = entry;
    const snapshot = snapshotOf(event);
    if (snapshot) {
      lastSnapshotAt = time;
      return replace(snapshot, event.currency);
    }
    if (event.type !== 'add_to_cart' && event.type !== 'remove_from_cart') return [];
    // A change that was sent with the snapshot's click is already in it.
    if (time - lastSnapshotAt <= tie_tolerance_ms) {
      ignored?.(entry, 'in_snapshot');
      return [];
    }
    const { items = [], currency } = event;
    if (event.type === 'add_to_cart') return add(items, currency);
    const removed = remove(items, currency);
    if (removed.length < items.length) ignored?.(entry, 'matches_nothing');
    unmatchedRemoves += items.length - removed.length;
    return removed;
  };

  const taken = (made: readonly Change[]) => {
    const quantities = new Map<Line, number>();
    for (const { line, by } of made) quantities.set(line, (quantities.get(line) ?? 0) - by);
    return [...quantities].filter(([, quantity]) => quantity > 0).map(([line, quantity]) => ({ line, quantity }));
  };

  const peak = (): Money => {
    const running: Money = new Map();
    const highest: Money = new Map();
    for (const made of changes) {
      for (const { line, by } of made) {
        const value = priced(by, line);
        if (value) addMoney(running, ...value);
      }
      for (const [currency, amount] of running)
        if (amount > (highest.get(currency) ?? -1n)) highest.set(currency, amount);
    }
    return highest;
  };

  const counted = () =>
    present.size > 0 ? [...present].map((line) => ({ line, quantity: line.quantity })) : beforeEmptied;

  const countedLines = (): CartLine[] =>
    counted()
      .map(({ line: { product_id, variant_id, price }, quantity }) => ({
        product_id,
        variant_id,
        name: names.get(product_id) ?? '',
        quantity,
        unit_price: price?.amount ?? null,
        currency: price?.currency ?? '',
      }))
      .sort(compareLines);

  return {
    apply: (entry) => {
      nameProducts(entry);
      const held = present.size > 0;
      const made = changesOf(entry);
      if (made.length === 0) return;
      // Nothing is left, so what was held is what this event took.
      if (held && present.size === 0) beforeEmptied = taken(made);
      changes.push(made);
    },
    holdsItems: () => present.size > 0,
    countedLines,
    peakValue: () => (shrank ? moneyLines(peak()) : sumLines(countedLines())),
    unmatchedRemoves: () => unmatchedRemoves,
    products: () =>
      [...everIn].map((product_id) => ({ product_id, name: names.get(product_id) ?? '' })).sort(compareLines),
  };
};
