import { type EventLog, EventLogError, type ProduceRecord } from '@cartledger/event-log';
import type { Erased } from '../erased.ts';
import { createStoredDocument, type DocumentStore } from '../stored-document.ts';
import { replayBusy, unknownRun } from './errors.ts';
import type { LetterCatalog } from './letter-catalog.ts';
import { filterKey, type LetterFilter } from './letter-filter.ts';
import type { LetterEntry, Letters } from './letters.ts';
import { createReplayRecords } from './replay-records.ts';
import { type ReplayRun, statesBy, storedRuns } from './replay-run.ts';

type Replays = {
  runs(): Promise<readonly ReplayRun[]>;
  /**
   * Begins a run, or goes on with one of the same filter that did not come to its end; null when there is nothing to
   * replay. Throws ServiceError when others are at it for too long.
   */
  begin(asked: { filter: LetterFilter; again: boolean; by: string }): Promise<ReplayRun | null>;
  /** Replays for about `STEP_MS`; the run has come to its end when `endedAt` is set. */
  step(id: number): Promise<ReplayRun>;
};

const STEP_MS = 2_000;
const PATIENCE_MS = 20_000;
/** Replayed between two stored positions: what a kill makes come twice. */
const SLICE = { letters: 500, bytes: 2 ** 20, span: 20_000n };

const isTooLarge = (error: unknown): boolean => error instanceof EventLogError && error.code === 'too_large';

/** Letters of one partition of the dead-letter topic, as many as go at once. */
const firstSlice = (entries: readonly LetterEntry[]): LetterEntry[] => {
  const slice: LetterEntry[] = [];
  let bytes = 0;
  const [first] = entries;
  if (first === undefined) return slice;
  for (const entry of entries) {
    const { partition, offset } = entry.dead;
    const isFar = partition !== first.dead.partition || offset - first.dead.offset > SLICE.span;
    if (isFar || slice.length === SLICE.letters || (slice.length > 0 && bytes + entry.bytes > SLICE.bytes)) break;
    slice.push(entry);
    bytes += entry.bytes;
  }
  return slice;
};

const inOrder = (a: LetterEntry, b: LetterEntry): number =>
  a.dead.partition - b.dead.partition || Number(a.dead.offset - b.dead.offset);

/** What the run has before it, in the order in which it goes. */
const remaining = (
  run: ReplayRun,
  runs: readonly ReplayRun[],
  letters: Letters,
  erased: Pick<Erased, 'has'>,
): LetterEntry[] => {
  if (run.deadEpoch !== letters.deadEpoch) return [];
  const stateOf = statesBy(
    runs.filter(({ id }) => id !== run.id),
    letters.deadEpoch,
  );
  const bounds = new Map(run.partitions.map((one) => [one.partition, one]));
  const isBefore = ({ dead }: LetterEntry): boolean => {
    const bound = bounds.get(dead.partition);
    return bound !== undefined && Number(dead.offset) >= bound.position && Number(dead.offset) < bound.until;
  };
  return [...letters.select(run.filter)]
    .filter(
      (entry) => isBefore(entry) && !erased.has(entry.subject) && (run.again || stateOf(entry).state !== 'replayed'),
    )
    .toSorted(inOrder);
};

/**
 * Replays letters into the events' topic, one turn at a time whoever asks. Positions are stored after the log has
 * acknowledged: a kill in between repeats a slice, whose events are the same events. What fails again stands in the
 * dead-letter topic after the run's end, so no run replays its own failures.
 */
export const createReplays = (
  {
    log,
    store,
    catalog,
    erased,
    now,
  }: { log: EventLog; store: DocumentStore; catalog: LetterCatalog; erased: Erased; now: () => number },
  { topic, deadLettersTopic }: { topic: string; deadLettersTopic: string },
): Replays => {
  const document = createStoredDocument<readonly ReplayRun[]>(store, {
    name: `ingest/replays/${deadLettersTopic}`,
    parse: (value) => (value === undefined ? [] : storedRuns.parse(value).runs),
    encode: (runs) => ({ runs }),
  });
  const recordsOf = createReplayRecords(log, { topic, deadLettersTopic });

  const alone = async <R>(work: Parameters<typeof document.alone<R>>[0]): Promise<R> => {
    const turn = await document.alone(work, PATIENCE_MS);
    if (turn === null) throw replayBusy();
    return turn.result;
  };

  /** Answers which were too large for the topic. */
  const send = async (records: readonly ProduceRecord[]): Promise<Set<ProduceRecord>> => {
    const tooLarge = new Set<ProduceRecord>();
    try {
      await log.produce(topic, records);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      for (const record of records)
        await log.produce(topic, [record]).catch((reason: unknown) => {
          if (!isTooLarge(reason)) throw reason;
          tooLarge.add(record);
        });
    }
    return tooLarge;
  };

  const replay = async (run: ReplayRun, slice: readonly LetterEntry[]): Promise<ReplayRun> => {
    const found = await recordsOf(slice);
    const records = found.flatMap(({ record }) => record ?? []);
    const tooLarge = records.length === 0 ? null : await send(records);
    const lost = found.flatMap(({ entry: { id }, record }): ReplayRun['lost'] => {
      if (record === null) return [{ id, why: 'gone' }];
      return tooLarge?.has(record) ? [{ id, why: 'too_large' }] : [];
    });
    const last = slice.at(-1)?.dead;
    return {
      ...run,
      replayed: run.replayed + slice.length - lost.length,
      lost: [...run.lost, ...lost],
      partitions: run.partitions.map((one) =>
        one.partition === last?.partition ? { ...one, position: Number(last.offset) + 1 } : one,
      ),
    };
  };

  const ended = (run: ReplayRun): ReplayRun => ({
    ...run,
    endedAt: now(),
    // A letter that is named again later, by a repeated batch, is not a new one.
    partitions: run.partitions.map((one) => ({ ...one, position: one.until })),
  });

  return {
    runs: document.read,

    begin: async ({ filter, again, by }) => {
      await erased.freshWithin(0);
      const ends = await log.offsets(deadLettersTopic);
      const letters = await catalog.letters();
      return alone(async (runs, set) => {
        const { deadEpoch } = letters;
        const unfinished = runs.find(
          (run) =>
            run.endedAt === null &&
            run.deadEpoch === deadEpoch &&
            run.again === again &&
            filterKey(run.filter) === filterKey(filter),
        );
        if (unfinished !== undefined) return unfinished;
        const run: ReplayRun = {
          id: (runs.at(-1)?.id ?? 0) + 1,
          filter,
          again,
          deadEpoch,
          partitions: ends.map(({ partition, end }) => ({ partition, position: 0, until: Number(end) })),
          total: 0,
          replayed: 0,
          lost: [],
          by,
          startedAt: now(),
          endedAt: null,
        };
        const total = remaining(run, runs, letters, erased).length;
        if (total === 0) return null;
        if (!(await set([...runs, { ...run, total }]))) throw replayBusy();
        return { ...run, total };
      });
    },

    step: async (id) => {
      await erased.freshWithin(0);
      const letters = await catalog.letters();
      return alone(async (runs, set) => {
        let run = runs.find((one) => one.id === id);
        if (run === undefined) throw unknownRun(id);
        const keep = async (changed: ReplayRun): Promise<ReplayRun> => {
          if (!(await set(runs.map((one) => (one.id === id ? changed : one))))) throw replayBusy();
          return changed;
        };
        const startedAt = now();
        let rest = run.endedAt === null ? remaining(run, runs, letters, erased) : [];
        while (rest.length > 0 && now() - startedAt < STEP_MS) {
          const slice = firstSlice(rest);
          run = await keep(await replay(run, slice));
          rest = rest.slice(slice.length);
        }
        return rest.length === 0 && run.endedAt === null ? keep(ended(run)) : run;
      });
    },
  };
};
