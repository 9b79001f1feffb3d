import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { createForget, MAX_ERASED_VISITORS } from '@cartledger/history';
import { notDrained } from './errors.ts';
import type { Pause } from './pause.ts';
import type { Reader } from './reader.ts';
import { createComparison, createRows, type Offsets } from './rows.ts';
import type { BackfillRun, Counted, RunRange } from './run.ts';
import { createSlices } from './slices.ts';
import type { Tables } from './tables.ts';

/** What a turn has done, or that it waits for somebody else. */
type Turn = (run: BackfillRun) => Promise<Partial<BackfillRun> | 'wait'>;

type TurnDeps = {
  clickhouse: ClickHouse;
  erasures: Pick<Control['erasures'], 'tombstones'>;
  tables: Tables;
  reader: Reader;
  pause: Pause;
  /** By partition, what is committed of this life of the topic. */
  committed: (run: BackfillRun) => Promise<{ partition: number; end: number }[]>;
  newId: () => string;
  now: () => number;
};

/** Thrown for who asked: the backfill is in another state than before. */
export class TurnedBack extends Error {
  readonly change: Partial<BackfillRun>;
  constructor(cause: Error, change: Partial<BackfillRun>) {
    super(cause.message, { cause });
    this.change = change;
  }
}

/** How long partitions are paused at most before all have obeyed. */
const DRAIN_PATIENCE_MS = 60_000;
/** Offsets that may be left to read while nothing is fetched. */
const FEW = 20_000;
const MAX_MONTHS = 1_000;
const PAUSE_ANEW = { order: null, pausedAt: null };
const FROM_THE_FIRST = { cursor: null, slices: { done: 0, total: 0 } };

const offsetsBy = ({ epoch, partitions }: BackfillRun, of: 'first' | 'position'): Offsets => ({
  epoch,
  partitions: partitions.map((one) => ({ partition: one.partition, offset: one[of] })),
});

const sumOf = (a: Counted, b: Counted): Counted => ({
  before: a.before + b.before,
  after: a.after + b.after,
  added: a.added + b.added,
  removed: a.removed + b.removed,
  changed: a.changed + b.changed,
});

const NOTHING_COMPARED = { before: 0, after: 0, added: 0, removed: 0, changed: 0, months: [] };

type Compared = NonNullable<BackfillRun['compared']>;

const withSlice = (
  compared: Compared,
  { month, store_id }: { month: string; store_id: string },
  found: Counted,
): Compared => {
  const totals = sumOf(compared, found);
  const isOfIt = (one: Compared['months'][number]): boolean => one.month === month && one.store_id === store_id;
  const known = compared.months.find(isOfIt);
  // A slice may be one of several of its store and month: only then counts of equal ones are told beside.
  const differs = found.added + found.removed + found.changed > 0;
  if (known === undefined && (!differs || compared.months.length === MAX_MONTHS))
    return { ...totals, months: compared.months };
  const months =
    known === undefined
      ? [...compared.months, { month, store_id, ...found }]
      : compared.months.map((one) => (isOfIt(one) ? { month, store_id, ...sumOf(one, found) } : one));
  return { ...totals, months };
};

/**
 * The states of a backfill, each a turn that is small, may be done again from its beginning by anybody, and says what has
 * changed. `writing`: records into the rebuilt table -> `copying`: rows whose records the log does not have -> `clearing`:
 * what stands against tombstones goes -> `comparing` -> `following`: what was taken in meanwhile -> `draining`: partitions
 * pause -> `catching_up` to where they stand -> `swapping`, and they go on -> `telling`: visitors whose events differ are
 * touched -> `done`.
 */
export const createTurns = ({ clickhouse, erasures, tables, reader, pause, committed, newId, now }: TurnDeps) => {
  const forget = createForget(clickhouse);
  const slicesOf = createSlices(clickhouse);
  const nextSlice = ({ id, state, cursor }: BackfillRun, ...names: string[]) =>
    slicesOf(`${id} ${state}`, names, cursor);

  const copyRange = async (run: BackfillRun, { partition, first, end }: RunRange): Promise<Partial<BackfillRun>> => {
    const { slice, cursor } = await nextSlice(run, 'events');
    if (slice === null) return { range: null, cursor: null };
    const records = { epoch: run.epoch, partition, first: BigInt(first), end: BigInt(end) };
    await createRows(clickhouse, 'events', run.table).copyRange(slice, records);
    return { cursor };
  };

  /** Reads on; null when all is read, and rows of what could not be are copied. */
  const readOn = async (run: BackfillRun): Promise<Partial<BackfillRun> | null> => {
    if (run.range !== null) return copyRange(run, run.range);
    const next = run.partitions.find(({ position, until }) => position < until);
    if (next === undefined) return null;
    const { position, range, records, leftOut, newLetters } = await reader.read(run, next);
    return {
      range,
      cursor: null,
      partitions: run.partitions.map((one) => (one === next ? { ...one, position } : one)),
      records: run.records + records,
      leftOut: run.leftOut + leftOut,
      newLetters: run.newLetters + newLetters,
    };
  };

  /** Partitions with new ends, those among them that were added to the topic. */
  const upTo = ({ partitions }: BackfillRun, ends: ReadonlyMap<number, number>): BackfillRun['partitions'] =>
    [...ends].map(([partition, end]) => {
      const known = partitions.find((one) => one.partition === partition) ?? { partition, first: 0, position: 0 };
      return { ...known, until: Math.max(end, known.position) };
    });

  const committedEnds = async (run: BackfillRun): Promise<Map<number, number>> =>
    new Map((await committed(run)).map(({ partition, end }) => [partition, end]));

  const leftOf = (partitions: BackfillRun['partitions']): number =>
    partitions.reduce((sum, { position, until }) => sum + until - position, 0);

  const writing: Turn = async (run) => {
    if (run.uuids === null) return { uuids: await tables.make(run.table) };
    return (await readOn(run)) ?? { state: 'copying', copied: 0, ...FROM_THE_FIRST };
  };

  const copying: Turn = async (run) => {
    const { slice, cursor, done, total } = await nextSlice(run, 'events');
    if (slice === null) return { state: 'clearing', ...FROM_THE_FIRST };
    const copied = await createRows(clickhouse, 'events', run.table).copyBefore(slice, offsetsBy(run, 'first'));
    return { copied: run.copied + copied, cursor, slices: { done, total } };
  };

  /** Whether nothing stands in the table against a tombstone; if something does, its deletion is begun. */
  const isClear = async (table: string): Promise<boolean> => {
    const overdue = await forget.overdue(await erasures.tombstones(0), table);
    for (const { up_to, ...of } of overdue) if ((await forget.deleteEvents(of, up_to)) === 'under_way') return false;
    return true;
  };

  /** Who is erased from now on is looked for in the rebuilt table too. */
  const clearing: Turn = async (run) => {
    if (!(await isClear(run.table))) return 'wait';
    return { state: 'comparing', compared: NOTHING_COMPARED, ...FROM_THE_FIRST };
  };

  const comparing: Turn = async (run) => {
    const compared = run.compared ?? NOTHING_COMPARED;
    const { slice, cursor, done, total } = await nextSlice(run, 'events', run.table);
    if (slice !== null) {
      const comparison = createComparison(clickhouse, 'events', run.table);
      const found = await comparison.differences(slice, offsetsBy(run, 'position'));
      return { compared: withSlice(compared, slice, found), cursor, slices: { done, total } };
    }
    if (run.dryRun) return { state: 'compared', ...FROM_THE_FIRST };
    if (compared.added + compared.removed + compared.changed > 0)
      return { state: 'following', partitions: upTo(run, await committedEnds(run)), ...FROM_THE_FIRST };
    await tables.drop(run.table);
    return { state: 'unchanged', endedAt: now() };
  };

  const following: Turn = async (run) => {
    const read = await readOn(run);
    if (read !== null) return read;
    const partitions = upTo(run, await committedEnds(run));
    const left = leftOf(partitions);
    // Once more, as long as it comes nearer.
    if (left > FEW && left < (run.left ?? Number.POSITIVE_INFINITY)) return { partitions, left };
    return { state: 'draining', ...PAUSE_ANEW };
  };

  /** Where each partition stands; null when one does not stand still, or the order is over. */
  const standing = async ({ order }: BackfillRun): Promise<Map<number, number> | null> => {
    const positions = order === null ? 'over' : await pause.positions(order);
    if (positions === 'over') return null;
    const known = [...positions].flatMap(([partition, at]): [number, number][] =>
      at === null ? [] : [[partition, at]],
    );
    return known.length === positions.size ? new Map(known) : null;
  };

  const draining: Turn = async (run) => {
    if (run.order === null) return { order: await pause.begin(run.id), pausedAt: run.pausedAt ?? now() };
    const positions = await standing(run);
    if (positions !== null) return { state: 'catching_up', partitions: upTo(run, positions) };
    const isOver = (await pause.positions(run.order)) === 'over';
    if (now() - (run.pausedAt ?? now()) < DRAIN_PATIENCE_MS) return isOver ? { order: null } : 'wait';
    await pause.end(run.id);
    throw new TurnedBack(notDrained(), { ...PAUSE_ANEW, state: 'following', left: null });
  };

  /** Whether no partition has gone further than the rebuilt table. */
  const isPaused = async (run: BackfillRun): Promise<boolean> => {
    const positions = await standing(run);
    if (positions === null) return false;
    const ends = new Map(run.partitions.map(({ partition, until }) => [partition, until]));
    return [...positions].every(([partition, at]) => at <= (ends.get(partition) ?? -1));
  };

  const catchingUp: Turn = async (run) => (await readOn(run)) ?? { state: 'swapping' };

  const swapping: Turn = async (run) => {
    if (run.uuids === null) throw new Error(`backfill ${run.id} has no table`);
    if (!(await tables.isExchanged(run.uuids))) {
      // A copy since `clearing` may have read rows of an erasure that then looked at this table before the copy landed. No
      // copy comes after this look, and an erasure that begins after it finds all that is here.
      if (!(await isClear(run.table))) return 'wait';
      // Somebody has taken the order back: what has come since is read first, under another order.
      if (!(await isPaused(run))) return { state: 'draining', order: null };
    }
    await tables.swap(run.uuids, run.before);
    await pause.end(run.id);
    return { state: 'telling', resumedAt: now(), ...FROM_THE_FIRST };
  };

  const telling: Turn = async (run) => {
    const former = run.uuids === null ? null : await tables.nameOf(run.uuids.former);
    // Who differs is not known any more, and what the exchange met on its way is lost with it: the receipt says so.
    if (former === null) return { state: 'done', formerLost: true, endedAt: now() };
    const noted: Offsets = {
      epoch: run.epoch,
      partitions: run.partitions.map(({ partition, until }) => ({ partition, offset: until })),
    };
    if (!run.hasLate) {
      // A worker that had lost its partition was paused by nobody: its insert may have met the exchange on its way.
      if (await forget.isInserting(now() - (run.resumedAt ?? now()))) return 'wait';
      const { slice, cursor, done, total } = await nextSlice(run, former);
      // As before the exchange, of these copies.
      if (slice === null) return (await isClear('events')) ? { hasLate: true, ...FROM_THE_FIRST } : 'wait';
      await createRows(clickhouse, former, 'events').copyBehind(slice, noted);
      return { cursor, slices: { done, total } };
    }
    const { slice, cursor, done, total } = await nextSlice(run, former, 'events');
    if (slice === null) return { state: 'done', endedAt: now() };
    const visitors = await createComparison(clickhouse, former, 'events').visitors(slice, noted);
    for (let at = 0; at < visitors.length; at += MAX_ERASED_VISITORS)
      await forget.touch({ store_id: slice.store_id, visitors: visitors.slice(at, at + MAX_ERASED_VISITORS) }, newId());
    return { told: run.told + visitors.length, cursor, slices: { done, total } };
  };

  const ended: Turn = async () => 'wait';

  const turns: Record<BackfillRun['state'], Turn> = {
    writing,
    copying,
    clearing,
    comparing,
    compared: ended,
    following,
    draining,
    catching_up: catchingUp,
    swapping,
    telling,
    done: ended,
    unchanged: ended,
    cancelled: ended,
  };
  return (run: BackfillRun) => turns[run.state](run);
};
