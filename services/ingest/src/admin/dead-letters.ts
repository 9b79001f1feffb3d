import { LIST_LETTERS, LIST_REPLAYS, REPLAY, type Replay, SHOW_LETTER } from '@cartledger/operations';
import { unknownLetter } from './errors.ts';
import { letterAnswer } from './letter-answer.ts';
import { createLetterCatalog } from './letter-catalog.ts';
import { letterPage } from './letter-page.ts';
import { type ReplayRun, statesBy } from './replay-run.ts';
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
export const addDeadLetterRoutes = ({ app, deps, config }: AdminRoutes): void => {
  const { log, control, now } = deps;
  const { topic, deadLettersTopic } = config;
  const catalog = createLetterCatalog({ log }, { topic: deadLettersTopic });
  const replays = createReplays({ log, store: control, catalog, now }, { topic, deadLettersTopic });

  serve(app, LIST_LETTERS, async ({ query: { state, limit, cursor, ...filter } }) => {
    const [letters, runs] = await Promise.all([catalog.letters(), replays.runs()]);
    return letterPage(letters, statesBy(runs, letters.deadEpoch), { filter, state, limit, cursor });
  });

  serve(app, SHOW_LETTER, async ({ query: { id } }) => {
    const [letters, runs] = await Promise.all([catalog.letters(), replays.runs()]);
    const entry = letters.find(id);
    const letter = entry === null ? null : await catalog.read(entry);
    if (entry === null || letter === null) throw unknownLetter(id);
    return letterAnswer(entry, letter, letters, statesBy(runs, letters.deadEpoch)(entry));
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
