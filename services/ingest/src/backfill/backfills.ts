import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@cartledger/event-log';
import { EVENTS_BEFORE, REBUILT_EVENTS } from '@cartledger/history';
import type { Logger } from '@cartledger/service';
import { auditRanges } from '../audit-ranges.ts';
import type { Orders } from '../orders.ts';
import { isRewinding } from '../rewinding.ts';
import type { DocumentStore } from '../stored-document.ts';
import { createBackfillDocument } from './document.ts';
import { backfillBusy, backfillRefused, unknownBackfill } from './errors.ts';
import type { Pause } from './pause.ts';
import { type BackfillRun, NOTHING_DONE } from './run.ts';
import { type Tables, UnsuitableTables } from './tables.ts';
import { type createTurns, TurnedBack } from './turns.ts';

type BackfillsDeps = {
  store: DocumentStore;
  log: Pick<EventLog, 'topicEpoch' | 'offsets' | 'offsetsAt' | 'committed'>;
  orders: Pick<Orders, 'rewind' | 'rewindReceipt'>;
  tables: Tables;
  pause: Pause;
  turn: Promise<ReturnType<typeof createTurns>>;
  logger: Logger;
  now: () => number;
};

const LOOK_MS = 100;

/** While partitions are paused nobody is answered: who asked may not come again. */
const PAUSED: ReadonlySet<BackfillRun['state']> = new Set(['draining', 'catching_up', 'swapping']);
/** Until then it may become a dry run, or be one no more. */
const COMPARING: ReadonlySet<BackfillRun['state']> = new Set([
  'writing',
  'copying',
  'clearing',
  'comparing',
  'compared',
]);

/** Backfills of one topic, one at a time, each gone on with by whoever asks: what each turn has done is stored before the next. */
export const createBackfills = (
  { store, log, orders, tables, pause, turn, logger, now }: BackfillsDeps,
  { topic, groupId, stepMs }: { topic: string; groupId: string; stepMs: number },
) => {
  const document = createBackfillDocument(store, { topic });

  type Keep = (changed: BackfillRun) => Promise<BackfillRun>;

  /** Nobody else changes runs meanwhile; what was changed by somebody who took over is not written over. */
  const alone = <R>(work: (runs: readonly BackfillRun[], keep: Keep) => Promise<R>): Promise<R> =>
    document.alone(async (read, set) => {
      let runs = read;
      const keep: Keep = async (changed) => {
        const isKnown = runs.some(({ id }) => id === changed.id);
        const next = isKnown ? runs.map((one) => (one.id === changed.id ? changed : one)) : [...runs, changed];
        if (!(await set(next))) throw backfillBusy();
        runs = next;
        return changed;
      };
      try {
        return await work(runs, keep);
      } catch (error) {
        throw error instanceof UnsuitableTables ? backfillRefused(error.message) : error;
      }
    });

  const named = (runs: readonly BackfillRun[], id: number): BackfillRun => {
    const run = runs.find((one) => one.id === id);
    if (run === undefined) throw unknownBackfill(id);
    return run;
  };

  const rangesOf = async (epoch: string, since: number | undefined) => {
    const ranges = await auditRanges(log, { topic, groupId, epoch }, { ...(since !== undefined && { since }) });
    if (!Array.isArray(ranges)) throw backfillRefused(`${ranges.message}.`);
    return ranges.map(({ partition, from, to }) => ({ partition, first: Number(from), end: Number(to) }));
  };

  /** Once the tables have changed places the log is not asked any more. */
  const isOfThisTopic = async ({ state, uuids, epoch }: BackfillRun): Promise<boolean> =>
    state === 'telling' ||
    (await log.topicEpoch(topic)) === epoch ||
    (state === 'swapping' && uuids !== null && (await tables.isExchanged(uuids)));

  /** What a rewind is still going to bring back of records before the first would come after they were copied. */
  const refuseWhileRewinding = async (epoch: string): Promise<void> => {
    if (await isRewinding({ orders, log }, { topic, groupId, epoch }))
      throw backfillRefused(
        'A rewind has not come back to where it stood before: wait until cartledger ingest status says no lag, then run the same command again.',
      );
  };

  const goOnWith = (run: BackfillRun, dryRun: boolean, since: number | undefined): BackfillRun => {
    if (since !== undefined)
      throw backfillRefused(
        `Backfill ${run.id} has not ended, and goes on as it was begun: leave the time out, or cancel it first.`,
      );
    if (dryRun && !COMPARING.has(run.state))
      throw backfillRefused(
        `Backfill ${run.id} has compared already and goes on to exchange the tables: go on with it, or cancel it.`,
      );
    // What was compared may be long ago: what has come since is read, what was brought back of older records is copied,
    // and all is compared again.
    return run.state === 'compared' ? { ...run, dryRun, state: 'writing' } : { ...run, dryRun };
  };

  return {
    runs: document.read,

    /** The end of what is taken in, by partition, for a run. */
    committed: ({ epoch }: BackfillRun) => rangesOf(epoch, undefined),

    /** Begins one, or goes on with the one that has not ended. */
    begin: ({ dryRun, since, by }: { dryRun: boolean; since: number | undefined; by: string }): Promise<BackfillRun> =>
      alone(async (runs, keep) => {
        const unfinished = runs.find(({ endedAt }) => endedAt === null);
        if (unfinished !== undefined) {
          const run = goOnWith(unfinished, dryRun, since);
          if (run.state === unfinished.state) return keep(run);
          await refuseWhileRewinding(run.epoch);
          const ends = new Map((await rangesOf(run.epoch, undefined)).map(({ partition, end }) => [partition, end]));
          const partitions = run.partitions.map((one) => ({
            ...one,
            until: Math.max(one.position, ends.get(one.partition) ?? 0),
          }));
          return keep({ ...run, partitions });
        }
        await tables.check();
        const epoch = await log.topicEpoch(topic);
        await refuseWhileRewinding(epoch);
        const id = (runs.at(-1)?.id ?? 0) + 1;
        const day = new Date(now()).toISOString().slice(0, 10).replaceAll('-', '_');
        const run: BackfillRun = {
          ...NOTHING_DONE,
          id,
          state: 'writing',
          dryRun,
          by,
          startedAt: now(),
          epoch,
          table: `${REBUILT_EVENTS}${day}_${id}`,
          before: `${EVENTS_BEFORE}${day}_${id}`,
          partitions: (await rangesOf(epoch, since)).map(({ partition, first, end }) => ({
            partition,
            first,
            position: first,
            until: Math.max(first, end),
          })),
        };
        logger.warn({ backfill: id, by, dryRun }, 'a backfill is begun');
        return keep(run);
      }),

    /** Goes on for `stepMs`, or to its end; not answered while partitions are paused, unless they do not obey. */
    step: (id: number): Promise<BackfillRun> =>
      alone(async (runs, keep) => {
        let run = named(runs, id);
        const end = performance.now() + stepMs;
        while (run.endedAt === null && run.state !== 'compared') {
          if (!(await isOfThisTopic(run)))
            throw backfillRefused(
              `The topic was deleted and made again since backfill ${id} began: cancel it and begin anew.`,
            );
          const before = run.state;
          try {
            const change = await (await turn)(run);
            if (change !== 'wait') run = await keep({ ...run, ...change });
            else if (performance.now() <= end || PAUSED.has(run.state)) await sleep(LOOK_MS);
          } catch (error) {
            if (!(error instanceof TurnedBack)) throw error;
            await keep({ ...run, ...error.change });
            throw error.cause;
          }
          if (run.state !== before) logger.info({ backfill: id, state: run.state }, 'a backfill has come further');
          if (performance.now() > end && !PAUSED.has(run.state)) break;
        }
        return run;
      }),

    /** Gives it up, as long as the tables have not changed places. */
    cancel: (id: number): Promise<BackfillRun> =>
      alone(async (runs, keep) => {
        const run = named(runs, id);
        if (run.endedAt !== null) return run;
        if (run.uuids !== null && (await tables.isExchanged(run.uuids)))
          throw backfillRefused(`The tables of backfill ${id} have changed places already: go on with it to its end.`);
        await pause.end(id);
        await tables.drop(run.table);
        logger.warn({ backfill: id }, 'a backfill is given up');
        return keep({ ...run, state: 'cancelled', endedAt: now() });
      }),

    /** Drops the former table of one that is done. */
    dropOld: (id: number): Promise<BackfillRun> =>
      alone(async (runs, keep) => {
        const run = named(runs, id);
        if (run.state !== 'done')
          throw backfillRefused(`Backfill ${id} is not done: its former table is still needed.`);
        await tables.drop(run.before);
        return keep({ ...run, dropped: true });
      }),
  };
};
