/** The statements without a result that the product makes. */
import {
  ADVANCED,
  DELETE_DONE_BATCHES,
  DELETE_DONE_TOUCHES,
  DELETE_ROW,
  INSERTS,
  KEEP,
  ROLLUPS,
  type Rollup,
} from '@cartledger/aggregator/testing';
import { z } from 'zod';
import { daysOfLedger, listsOf, placeOf, SCALARS } from './answers/rollups.ts';
import { inDays, ofStore } from './answers/sets.ts';
import { type Command, command } from './command.ts';
import type { Readable } from './server.ts';
import { big, int, isBig, listOf, type Row, text } from './value.ts';

const wide = z.union([z.bigint(), z.int()]).transform(BigInt);

const keep = command(
  'holds.keep',
  KEEP,
  z.object({ held: z.string(), batches: z.array(z.string()), store_id: z.string() }),
  (from, { held, batches, store_id }) => {
    const touches = from.table('touches');
    const mine = touches.raw().filter((row) => batches.includes(text(row, 'batch_id')) && ofStore(store_id)(row));
    const written_at = from.now();
    const kept: Row[] = [...Map.groupBy(mine, (row) => big(row, 'visitor_hash'))].map(([visitor_hash, rows]) => ({
      batch_id: held,
      store_id,
      visitor_hash,
      neighbors: [...new Set(rows.flatMap((row) => listOf(row, 'neighbors', isBig)))],
      written_at,
    }));
    return { rows: kept.length, effect: () => touches.insert(kept) };
  },
);

const batchesOf = (rows: readonly Row[]): Set<string> => new Set(rows.map((row) => text(row, 'batch_id')));

/** Which rows go is asked when they do. */
const deletion = <P extends z.ZodObject>(
  name: string,
  sql: string,
  { table, params }: { table: string; params: P },
  whichOf: (from: Readable, params: z.output<P>) => (row: Row) => boolean,
): Command =>
  command(name, sql, params, (from, given) => ({
    rows: 0,
    effect: () => void from.table(table).remove(whichOf(from, given)),
  }));

const before = z.object({ before: z.int() });

const deleteDoneTouches = deletion(
  'upkeep.touches',
  DELETE_DONE_TOUCHES,
  { table: 'touches', params: before },
  (from, { before }) => {
    const done = batchesOf(from.table('touched_batches_done').raw());
    return (row) => int(row, 'written_at') < before && done.has(text(row, 'batch_id'));
  },
);

const deleteDoneBatches = deletion(
  'upkeep.batches',
  DELETE_DONE_BATCHES,
  { table: 'touched_batches_done', params: before },
  (from, { before }) => {
    const touched = batchesOf(from.table('touches').raw());
    return (row) => int(row, 'done_at') < before && !touched.has(text(row, 'batch_id'));
  },
);

const deleteRow = deletion(
  'ledger.delete_row',
  DELETE_ROW,
  {
    table: 'ledger_rows',
    params: z.object({
      store_id: z.string(),
      kind: z.string(),
      day: z.string(),
      node: wide,
      key: z.string(),
      version: wide,
    }),
  },
  (_, { store_id, kind, day, node, key, version }) =>
    (row) =>
      ofStore(store_id)(row) &&
      text(row, 'kind') === kind &&
      text(row, 'day') === day &&
      big(row, 'node') === node &&
      text(row, 'key') === key &&
      big(row, 'version') === version,
);

const advance = command(
  'store_states.advance',
  `INSERT INTO \`store_state\` ${ADVANCED}`,
  z.object({ store_id: z.string(), version: wide, as_of: z.int(), last_event_at: z.int() }),
  (from, { store_id, ...times }) => {
    const states = from.table('store_state');
    const advanced = states
      .final()
      .filter(ofStore(store_id))
      .map((row) => ({ ...row, ...times }));
    return { rows: advanced.length, effect: () => states.insert(advanced) };
  },
);

/** Of a place that only the rollup speaks of: a row without anything. */
const emptied = (row: Row, scalars: readonly string[], lists: readonly string[]): Row => ({
  ...row,
  ...Object.fromEntries(scalars.map((name) => [name, typeof row[name] === 'bigint' ? 0n : 0])),
  ...Object.fromEntries(lists.map((name) => [name, []])),
});

const rollUp = (rollup: Rollup): Command =>
  command(
    `rollups.${rollup}`,
    `INSERT INTO \`${rollup}_days\` ${INSERTS[rollup]}`,
    z.object({
      stores: z.array(z.string()),
      store_numbers: z.array(z.int()),
      days: z.array(z.string()),
      settled_at: z.array(z.int()).default([]),
      version: wide,
    }),
    (from, { settled_at, version, ...days }) => {
      const table = from.table(`${rollup}_days`);
      const isIn = inDays(days);
      const settledAt = (place: Row): number => settled_at[days.stores.indexOf(text(place, 'store_id'))] ?? 0;
      const made = daysOfLedger(from, rollup, isIn, settledAt);
      const places = new Set(made.map((row) => placeOf(rollup, row)));
      const gone = table.final().filter((row) => isIn(row) && !places.has(placeOf(rollup, row)));
      const nothing = gone.map((row) => emptied(row, SCALARS[rollup], listsOf(from, rollup)));
      const rows = [...made, ...nothing].map((row) => ({ ...row, version }));
      return { rows: rows.length, effect: () => table.insert(rows) };
    },
  );

export const COMMANDS: readonly Command[] = [
  keep,
  deleteDoneTouches,
  deleteDoneBatches,
  deleteRow,
  advance,
  ...ROLLUPS.map(rollUp),
];
