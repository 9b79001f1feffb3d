import { DIFFERING, type Rollup } from '@cartledger/aggregator/testing';
import { z } from 'zod';
import { type Answer, answerLoosely } from '../answer.ts';
import type { Readable } from '../server.ts';
import { type Row, text, type Value } from '../value.ts';
import { cartDays, funnelDays, orderDays } from './days-of-ledger.ts';
import { ofStore } from './sets.ts';

/** What of a rollup's row is not its place, its making or its lists. */
export const SCALARS: Readonly<Record<Rollup, readonly string[]>> = {
  funnel: ['definition_version', 'excluded'],
  cart: ['settled_at', 'excluded', 'last_activity_at', 'last_ordered_at', 'settles_at'],
  order: [],
};
const KEYS: Readonly<Record<Rollup, readonly string[]>> = {
  funnel: ['store_id', 'funnel', 'day'],
  cart: ['store_id', 'day'],
  order: ['store_id', 'day'],
};

export const placeOf = (rollup: Rollup, row: Row): string => KEYS[rollup].map((name) => text(row, name)).join(' ');

export const listsOf = (from: Pick<Readable, 'table'>, rollup: Rollup): string[] =>
  [...from.table(`${rollup}_days`).schema.columns.keys()].filter((name) => name.includes('.'));

/** The rows of some days as the ledger says them, without a version. */
export const daysOfLedger = (
  from: Pick<Readable, 'table'>,
  rollup: Rollup,
  isIn: (row: Row) => boolean,
  settledAt: (place: Row) => number = () => 0,
): Row[] => {
  const rows = from.table('ledger_rows').final().filter(isIn);
  if (rollup === 'cart') return cartDays(rows, settledAt);
  return rollup === 'funnel' ? funnelDays(rows) : orderDays(rows);
};

const isSome = (value: Value | undefined): boolean => Array.isArray(value) && value.length > 0;

/** A day of bots alone has nothing else. */
const hasBots = ({ excluded }: Row): boolean => typeof excluded === 'bigint' && excluded > 0n;

/** Days among those chosen whose rollup says something else than their ledger rows. */
export const differingDays = (
  from: Pick<Readable, 'table'>,
  rollup: Rollup,
  isIn: (row: Row) => boolean,
  settledAt: (place: Row) => number,
): string[] => {
  const lists = listsOf(from, rollup);
  const told = [...SCALARS[rollup], ...lists];
  const print = (row: Row): string =>
    JSON.stringify(
      told.map((name) => row[name]),
      (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value),
    );
  const made = daysOfLedger(from, rollup, isIn, settledAt);
  const stored = from
    .table(`${rollup}_days`)
    .final()
    .filter((row) => isIn(row) && (lists.some((name) => isSome(row[name])) || hasBots(row)));
  const wrong = [...Map.groupBy([...made, ...stored], (row) => placeOf(rollup, row)).values()].filter(
    (same) => same.length !== 2 || new Set(same.map(print)).size !== 1,
  );
  return [...new Set(wrong.flatMap((rows) => rows.map((row) => text(row, 'day'))))];
};

const differing = (rollup: Rollup): Answer =>
  answerLoosely(DIFFERING[rollup], (from, params) => {
    const { store_id, days } = params;
    const { settled_at } = z.object({ settled_at: z.array(z.int()).default([]) }).parse(params);
    const isIn = (row: Row): boolean => ofStore(store_id)(row) && days.includes(text(row, 'day'));
    const settledAt = (place: Row): number => settled_at[days.indexOf(text(place, 'day'))] ?? 0;
    return differingDays(from, rollup, isIn, settledAt).map((day) => ({ day }));
  });

export const ROLLUP_ANSWERS = [differing('funnel'), differing('cart'), differing('order')];
