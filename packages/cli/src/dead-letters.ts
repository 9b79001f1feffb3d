import { z } from 'zod';
import type { Client } from './client.ts';

const BASE = '/api/v1/ingest/dead-letters';

const letter = z.object({
  id: z.string(),
  short_id: z.string(),
  topic_epoch: z.string(),
  partition: z.number(),
  offset: z.number(),
  set_aside_at: z.string(),
  reason: z.string(),
  field: z.string(),
  store_id: z.string(),
  bytes: z.number(),
  stub: z.boolean(),
  state: z.enum(['open', 'replayed', 'lost']),
  replay_of: z.string().nullable(),
});
export type Letter = z.infer<typeof letter>;

const page = z.object({
  letters: z.array(letter),
  total: z.number(),
  reasons: z.array(z.object({ reason: z.string(), open: z.number(), replayed: z.number(), lost: z.number() })),
  older: z.number(),
  next_cursor: z.string().nullable(),
});
export type LetterPage = z.infer<typeof page>;

const bytes = z.object({ encoding: z.enum(['utf8', 'base64']), data: z.string() }).nullable();

const shown = letter.extend({
  topic: z.string(),
  message: z.string(),
  remedy: z.string(),
  received_at: z.string().nullable(),
  imported: z.boolean(),
  key: bytes,
  value: bytes,
  stub: z.object({ sha256: z.string(), bytes: z.number() }).nullable(),
  replay: z.number().nullable(),
  lost_because: z.enum(['gone', 'too_large']).nullable(),
  failed_again_as: z.string().nullable(),
});
export type ShownLetter = z.infer<typeof shown>;

const replay = z.object({
  id: z.number(),
  filter: z.looseObject({}),
  again: z.boolean(),
  total: z.number(),
  replayed: z.number(),
  lost: z.number(),
  by: z.string(),
  started_at: z.string(),
  ended_at: z.string().nullable(),
});
export type Replay = z.infer<typeof replay>;

/** Which letters are meant; times as RFC 3339. */
export type LetterChoice = { reason?: string; store?: string; from?: string; to?: string };

export const fetchLetters = async (
  client: Client,
  choice: LetterChoice & { state?: string; limit?: number; cursor?: string },
): Promise<LetterPage> => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(choice)) if (value !== undefined) query.set(name, String(value));
  return page.parse(await (await client.send('GET', `${BASE}?${query}`)).json());
};

export const fetchLetter = async (client: Client, id: string): Promise<ShownLetter> => {
  const query = new URLSearchParams({ id });
  return shown.parse(await (await client.send('GET', `${BASE}/letter?${query}`)).json());
};

export const fetchReplays = async (client: Client): Promise<Replay[]> =>
  z.object({ replays: z.array(replay) }).parse(await (await client.send('GET', `${BASE}/replays`)).json()).replays;

const post = async (client: Client, json: unknown): Promise<Replay | null> =>
  z.object({ replay: replay.nullable() }).parse(await (await client.send('POST', `${BASE}/replays`, { json })).json())
    .replay;

/** Begins a replay, or goes on with the one of the same choice that did not come to its end; null: nothing is open. */
export const beginReplay = (
  client: Client,
  asked: LetterChoice & { ids?: string[]; again: boolean },
): Promise<Replay | null> => post(client, asked);

/** Goes on for a moment. */
export const continueReplay = async (client: Client, id: number): Promise<Replay> => {
  const answered = await post(client, { run: id });
  if (answered === null) throw new TypeError('the server does not say how far the replay is');
  return answered;
};
