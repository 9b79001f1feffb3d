import { z } from 'zod';
import { unknownLetter } from './errors.ts';
import { letterAnswer } from './letter-answer.ts';
import { createLetterCatalog } from './letter-catalog.ts';
import { letterPage } from './letter-page.ts';
import { type ReplayRun, statesBy } from './replay-run.ts';
import { createReplays } from './replays.ts';
import { bodyOf, moment, queryOf } from './request.ts';
import type { AdminRoutes } from './routes.ts';

/** How a caller names letters: times as RFC 3339. */
const asked = {
  reason: z.string().min(1).max(64).optional(),
  store: z.string().max(128).optional(),
  from: moment.optional(),
  to: moment.optional(),
};

const listQuery = z.strictObject({
  ...asked,
  state: z.enum(['open', 'replayed', 'lost']).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
  cursor: z.string().max(200).optional(),
});

const showQuery = z.strictObject({ id: z.string().max(200) });

const replayBody = z.union([
  z.strictObject({ run: z.int().positive() }),
  z.strictObject({
    ...asked,
    ids: z.array(z.string().max(200)).min(1).max(1_000).optional(),
    again: z.boolean().default(false),
  }),
]);

const iso = (ms: number): string => new Date(ms).toISOString();

const runAnswer = ({ id, filter, again, total, replayed, lost, by, startedAt, endedAt }: ReplayRun) => ({
  id,
  filter: {
    ...filter,
    ...(filter.from !== undefined && { from: iso(filter.from) }),
    ...(filter.to !== undefined && { to: iso(filter.to) }),
  },
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

  app.get('/dead-letters', async (c) => {
    const { state, limit, cursor, ...filter } = queryOf(c, listQuery);
    const [letters, runs] = await Promise.all([catalog.letters(), replays.runs()]);
    return c.json(letterPage(letters, statesBy(runs, letters.deadEpoch), { filter, state, limit, cursor }));
  });

  app.get('/dead-letters/letter', async (c) => {
    const { id } = queryOf(c, showQuery);
    const [letters, runs] = await Promise.all([catalog.letters(), replays.runs()]);
    const entry = letters.find(id);
    const letter = entry === null ? null : await catalog.read(entry);
    if (entry === null || letter === null) throw unknownLetter(id);
    return c.json(letterAnswer(entry, letter, letters, statesBy(runs, letters.deadEpoch)(entry)));
  });

  app.get('/dead-letters/replays', async (c) => c.json({ replays: (await replays.runs()).map(runAnswer) }));

  app.post('/dead-letters/replays', async (c) => {
    const body = await bodyOf(c, replayBody);
    if ('run' in body) return c.json({ replay: runAnswer(await replays.step(body.run)) });
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
      by: c.get('caller').key_id,
    });
    return c.json({ replay: run === null ? null : runAnswer(run) });
  });
};
