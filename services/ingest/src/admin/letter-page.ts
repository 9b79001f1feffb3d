import type { Letter, LetterPage } from '@cartledger/operations';
import { badRequest } from './errors.ts';
import type { LetterFilter } from './letter-filter.ts';
import type { LetterEntry, Letters } from './letters.ts';
import type { LetterState } from './replay-run.ts';

type Asked = {
  filter: LetterFilter;
  state: LetterState['state'] | undefined;
  limit: number;
  cursor: string | undefined;
};

/** A letter's place in the list: newest first, and no two at one place. */
type Place = readonly [setAsideAt: number, deadPartition: number, deadOffset: number];

const placeOf = ({ setAsideAt, dead }: LetterEntry): Place => [setAsideAt, dead.partition, Number(dead.offset)];
const compare = (a: Place, b: Place): number => b[0] - a[0] || b[1] - a[1] || b[2] - a[2];

const readCursor = (text: string): Place => {
  const [, at, partition, offset] = /^(\d{1,15})\.(\d{1,9})\.(\d{1,16})$/.exec(text) ?? [];
  if (at === undefined) throw badRequest('cursor', 'cursor: give next_cursor of the page before, as it was.');
  return [Number(at), Number(partition), Number(offset)];
};

/** `partition/offset`, unless a later life of the topic has a letter there too. */
const shortId = ({ id, partition, offset }: LetterEntry, letters: Letters): string => {
  const short = `${partition}/${offset}`;
  return letters.find(short)?.id === id ? short : id;
};

/** A letter without its bytes, as it is answered. */
export const summaryOf = (entry: LetterEntry, letters: Letters, { state }: LetterState): Letter => ({
  id: entry.id,
  short_id: shortId(entry, letters),
  topic_epoch: entry.topicEpoch,
  partition: entry.partition,
  offset: Number(entry.offset),
  set_aside_at: new Date(entry.setAsideAt).toISOString(),
  reason: entry.code,
  field: entry.field,
  store_id: entry.store_id,
  bytes: entry.bytes,
  stub: entry.isStub,
  state,
  replay_of: letters.replayOf(entry.index),
});

type Placed = { place: Place; entry: LetterEntry; state: LetterState };

/** Keeps the first `limit` + 1 in order; letters come nearly oldest first, so the list is mended when it is twice as long. */
const createFirst = (limit: number) => {
  let first: Placed[] = [];
  const cut = (): Placed[] => {
    first = first.toSorted((a, b) => compare(a.place, b.place)).slice(0, limit + 1);
    return first;
  };
  return {
    add: (one: Placed): void => {
      first.push(one);
      if (first.length > 2 * limit + 1_000) cut();
    },
    cut,
  };
};

/** One page of the letters that are meant, newest first, with how many there are by reason and state. */
export const letterPage = (
  letters: Letters,
  stateOf: (entry: LetterEntry) => LetterState,
  asked: Asked,
): LetterPage => {
  const after = asked.cursor === undefined ? null : readCursor(asked.cursor);
  const first = createFirst(asked.limit);
  const counts = new Map<string, LetterPage['reasons'][number]>();
  let total = 0;
  for (const entry of letters.select(asked.filter)) {
    const state = stateOf(entry);
    if (asked.state !== undefined && state.state !== asked.state) continue;
    total += 1;
    const count = counts.get(entry.code) ?? { reason: entry.code, open: 0, replayed: 0, lost: 0, erased: 0 };
    counts.set(entry.code, count);
    count[state.state] += 1;
    const place = placeOf(entry);
    if (after === null || compare(after, place) < 0) first.add({ place, entry, state });
  }
  const placed = first.cut();
  const page = placed.slice(0, asked.limit);
  const last = page.at(-1);
  return {
    letters: page.map(({ entry, state }) => summaryOf(entry, letters, state)),
    total,
    reasons: [...counts.values()].toSorted((a, b) => (a.reason < b.reason ? -1 : 1)),
    // Letters too old to be listed: ingest keeps the newest million in mind.
    older: letters.older,
    next_cursor: placed.length > page.length && last !== undefined ? last.place.join('.') : null,
  };
};
