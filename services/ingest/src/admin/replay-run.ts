import { z } from 'zod';
import { type LetterFilter, letterFilter } from './letter-filter.ts';
import type { LetterEntry } from './letters.ts';

/**
 * One replay and how far it has come. Which letters it has replayed is not listed: they are those that its filter
 * means and that lie before its positions, so a run of a million letters is as small as one of a single one.
 */
const replayRun = z.object({
  id: z.number(),
  filter: letterFilter,
  /** Letters that were replayed before, too. */
  again: z.boolean(),
  /** The life of the dead-letter topic that the positions are of. */
  deadEpoch: z.string(),
  /** Of each of its partitions: everything before `position` is done; what came after `until` is none of this run. */
  partitions: z.array(z.object({ partition: z.number(), position: z.number(), until: z.number() })),
  /** Letters it had before it at its beginning. */
  total: z.number(),
  replayed: z.number(),
  /** What could not be replayed, by identity. */
  lost: z.array(z.object({ id: z.string(), why: z.enum(['gone', 'too_large']) })),
  /** The id of the key it was asked for with. */
  by: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
});
export type ReplayRun = z.infer<typeof replayRun>;

export const storedRuns = z.object({ runs: z.array(replayRun) });

/** Whether the filter means the letter. */
const means = ({ reason, store, from, to, ids }: LetterFilter, entry: LetterEntry): boolean =>
  (reason === undefined || entry.code === reason) &&
  (store === undefined || entry.store_id === store) &&
  (from === undefined || entry.setAsideAt >= from) &&
  (to === undefined || entry.setAsideAt < to) &&
  (ids === undefined || ids.includes(entry.id));

export type LetterState =
  | { state: 'open' }
  | { state: 'replayed'; run: ReplayRun }
  /** A replay did not find its bytes. */
  | { state: 'lost'; run: ReplayRun; why: ReplayRun['lost'][number]['why'] }
  /** Its visitor or customer was: it is neither shown nor replayed. */
  | { state: 'erased' };

/** What became of letters of one life of the dead-letter topic, by the last run that came by. */
export const statesBy = (all: readonly ReplayRun[], deadEpoch: string): ((entry: LetterEntry) => LetterState) => {
  const runs = all
    .filter((run) => run.deadEpoch === deadEpoch)
    .map((run) => ({
      run,
      done: new Map(run.partitions.map(({ partition, position }) => [partition, position])),
      lost: new Map(run.lost.map(({ id, why }) => [id, why])),
    }))
    .toReversed();
  return (entry) => {
    const passed = runs.filter(
      ({ run, done }) => Number(entry.dead.offset) < (done.get(entry.dead.partition) ?? 0) && means(run.filter, entry),
    );
    const success = passed.find(({ lost }) => !lost.has(entry.id));
    if (success !== undefined) return { state: 'replayed', run: success.run };
    const why = passed[0]?.lost.get(entry.id);
    return passed[0] === undefined || why === undefined
      ? { state: 'open' }
      : { state: 'lost', run: passed[0].run, why };
  };
};
