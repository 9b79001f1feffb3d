/** The export, taken in: on disk, in parts of whole components, and what of it came after the reports. */
import { setImmediate } from 'node:timers/promises';
import { createHasher, eventTime } from '@cartledger/events';
import { createCalendar } from '@cartledger/funnel';
import { createProgress } from '@cartledger/service';
import type { Client } from '../client.ts';
import { cutIntoParts, type Parts } from './parts.ts';
import type { Questions } from './questions.ts';
import type { Runs } from './runs.ts';
import { createSharing, type Sharing } from './sharing.ts';
import type { Spool } from './spool.ts';

/** More events than this between the reports and the export are not told apart. */
const MAX_LATER_EVENTS = 40;
/** Events the engine looks at together; a component that is larger comes alone. */
export const PART_EVENTS = 20_000;

/** An event that came in after T and may be in the ledgers all the same: where its line begins, and whose it is. */
type Later = { received_at: number; start: number; visitor_id: string };

export type Read = {
  /** Runs of those who share a cart, an order or a customer, or of whom events came later; the others lie between them. */
  runs: Runs;
  parts: Parts;
  /** What came first after T. */
  later: readonly Later[];
  /** All days with events. */
  days: ReadonlySet<string>;
};

const firstOf = (later: Later[]): Later[] =>
  later.sort((a, b) => a.received_at - b.received_at || a.start - b.start).slice(0, MAX_LATER_EVENTS);

/** Reads the spool once more, for whom the visitors share with. */
const findRuns = async (spool: Spool, sharing: Sharing): Promise<ReturnType<Sharing['end']>> => {
  const progress = createProgress('Sorting', spool.events);
  let done = 0;
  for (const line of spool.read(0, spool.bytes)) {
    sharing.lookAgain(line);
    if (++done % PART_EVENTS !== 0) continue;
    progress.update(done, `${done} events`);
    await setImmediate();
  }
  progress.end();
  return sharing.end();
};

export const readEvents = async (
  client: Client,
  store_id: string,
  { timezone, asOf }: Pick<Questions, 'timezone' | 'asOf'>,
  spool: Spool,
): Promise<Read> => {
  const sharing = createSharing();
  const hasher = await createHasher();
  const progress = createProgress('Reading', 1_000);
  let later: Later[] = [];
  const calendar = createCalendar(timezone);
  const days = new Set<string>();
  const response = await client.send('GET', `/api/v1/stores/${encodeURIComponent(store_id)}/events`);
  let read = 0;
  for await (const chunk of response.body ?? []) {
    let last: string | null = null;
    spool.take(chunk, ({ delivery, start }) => {
      sharing.look(delivery);
      const { received_at, visitor_id } = delivery;
      last = visitor_id;
      const time = eventTime(delivery);
      days.add(calendar.dayOf(time));
      // The ledgers stand no earlier than their last event: one that happened after T is not in them.
      if (received_at <= asOf || time > asOf) return;
      later.push({ received_at, start, visitor_id });
      if (later.length > 2 * MAX_LATER_EVENTS) later = firstOf(later);
    });
    // The export goes by this hash, from 0 to 2^64.
    if (last !== null) read = Number(hasher.visitorNode(last) >> 32n) / 2 ** 32;
    progress.update(Math.floor(read * 1_000), `${spool.events} events`);
  }
  spool.end();
  progress.end();
  later = firstOf(later);
  const movingNodes = later.map(({ visitor_id }) => sharing.single(visitor_id));
  const { runs, components } = await findRuns(spool, sharing);
  return { runs, parts: cutIntoParts(runs, components, { partEvents: PART_EVENTS, movingNodes }), later, days };
};
