/** The same oracle as on the models, over a real topic and a real database. */
import type { Hasher } from '@cartledger/events';
import type { JournalEntry } from '../model/log/broker.ts';
import { type EndState, judgeEnd } from '../model/oracle/end.ts';
import { keyOfRow, type Letter } from '../model/oracle/state.ts';
import { createTruth } from '../model/oracle/truth.ts';
import { NUMBER_HEADER } from '../model/shop.ts';

export type Verdict = {
  /** Deliveries in the topic, in all its lives. */
  records: number;
  /** Events kept. */
  kept: number;
  /** Dead letters, each record once. */
  letters: number;
  /** Events and bad records answered for that are nowhere. */
  lost: number;
  /** Events kept more than once, or made of nothing that was sent. */
  twice: number;
  /** What else is not as it has to be: the oracle's first complaint. */
  wrong: string | null;
  /** The same of the quality report's counts of deliveries. */
  counts: string | null;
};

export type Evidence = Pick<EndState, 'sent' | 'events' | 'intake' | 'runs'> & {
  journal: readonly JournalEntry[];
  letters: readonly Letter[];
};

const complaintOf = (state: EndState): string | null => {
  try {
    judgeEnd((kind, message) => {
      throw new Error(`${kind}: ${message}`);
    }, state);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

export const judge = (
  { journal, sent, events, letters, intake, runs }: Evidence,
  { topic, hasher }: { topic: string; hasher: Hasher },
): Verdict => {
  const deliveries = createTruth(journal, sent, { topic, hasher }).all();
  const must = deliveries.filter(({ isLost }) => !isLost);
  const goodKeys = new Set(deliveries.flatMap(({ verdict, event }) => (verdict === 'good' ? (event?.key ?? []) : [])));
  const keptKeys = events.map(keyOfRow);
  const kept = new Set(keptKeys);
  const lettered = new Set(letters.map(({ identity }) => identity));

  const lostEvents = new Set(
    must.flatMap(({ verdict, event }) =>
      verdict === 'good' && event !== null && !kept.has(event.key) ? event.key : [],
    ),
  );
  const lostLetters = must.filter(({ verdict, identity }) => verdict !== 'good' && !lettered.has(identity));
  const numbers = new Set(journal.map(({ record }) => record.headers[NUMBER_HEADER]?.toString()));
  const ids = new Set(deliveries.flatMap(({ event }) => (event === null ? [] : `${event.store_id} ${event.event_id}`)));
  const lostAnswers = sent.filter(({ way, answer, n, store_id, event_id }) =>
    answer !== 202 ? false : way === 'topic' ? !numbers.has(String(n)) : !ids.has(`${store_id} ${event_id}`),
  );
  const invented = keptKeys.filter((key) => !goodKeys.has(key));
  const state = { deliveries, sent, events, letters, intake, runs };
  const wrong = complaintOf({ ...state, hasSlipped: true });
  return {
    records: journal.length,
    kept: events.length,
    letters: lettered.size,
    lost: lostEvents.size + lostLetters.length + lostAnswers.length,
    twice: keptKeys.length - kept.size + invented.length,
    wrong,
    counts: wrong === null ? complaintOf({ ...state, hasSlipped: false }) : null,
  };
};
