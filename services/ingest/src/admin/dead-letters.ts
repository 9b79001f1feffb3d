import { LIST_LETTERS, LIST_REPLAYS, REPLAY, type Replay, SHOW_LETTER } from '@cartledger/operations';
import { letterErased, unknownLetter } from './errors.ts';
import { letterAnswer } from './letter-answer.ts';
import { letterPage } from './letter-page.ts';
import type { LetterEntry, Letters } from './letters.ts';
import { type LetterState, type ReplayRun, statesBy } from './replay-run.ts';
import { createReplays } from './replays.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

const filterAnswer = ({ from, to, ...rest }: ReplayRun['filter']): Replay['filter'] => ({
  ...rest,
  ...(from !== undefined && { from: iso(from) }),
  ...(to !== undefined && { to: iso(to) }),
});

const runAnswer = ({ id, filter, again, total, replayed, lost, by, startedAt, endedAt }: ReplayRun): Replay => ({
  id,
  filter: filterAnswer(filter),
  again,
  total,
  replayed,
  lost: lost.length,
  by,
  started_at: iso(startedAt),
  ended_at: endedAt === null ? null : iso(endedAt),
});

/** Dead letters: listed, shown and replayed. */
export const addDeadLetterRoutes = ({ app, deps, config, catalog, erased }: AdminRoutes): void => {
  const { log, control, now } = deps;
  const { topic, deadLettersTopic } = config;
  const replays = createReplays({ log, store: control, catalog, erased, now }, { topic, deadLettersTopic });

  const lettersNow = async (): Promise<{ letters: Letters; stateOf: (entry: LetterEntry) => LetterState }> => {
    await erased.freshWithin(0);
    const [letters, runs] = await Promise.all([catalog.letters(), replays.runs()]);
    const replayed = statesBy(runs, letters.deadEpoch);
    return { letters, stateOf: (entry) => (erased.has(entry.subject) ? { state: 'erased' } : replayed(entry)) };
  };

  serve(app, LIST_LETTERS, async ({ query: { state, limit, cursor, ...filter } }) => {
    const { letters, stateOf } = await lettersNow();
    return letterPage(letters, stateOf, { filter, state, limit, cursor });
  });

  serve(app, SHOW_LETTER, async ({ query: { id } }) => {
    const { letters, stateOf } = await lettersNow();
    const entry = letters.find(id);
    const letter = entry === null ? null : await catalog.read(entry);
    if (entry === null || letter === null) throw unknownLetter(id);
    const state = stateOf(entry);
    if (state.state === 'erased') throw letterErased(id);
    return letterAnswer(entry, letter, letters, state);
  });

  serve(app, LIST_REPLAYS, async () => ({ replays: (await replays.runs()).map(runAnswer) }));

  serve(app, REPLAY, async ({ body, by }) => {
    if ('run' in body) return { replay: runAnswer(await replays.step(body.run)) };
    const { again, ids, ...filter } = body;
    const letters = await catalog.letters();
    const named = ids?.map((id) => {
      const entry = letters.find(id);
      if (entry === null) throw unknownLetter(id);
      return entry.id;
    });
    const run = await replays.begin({
      filter: { ...filter, ...(named && { ids: named }) },
      again,
      by,
    });
    return { replay: run === null ? null : runAnswer(run) };
  });
};
