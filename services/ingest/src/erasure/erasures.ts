import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control, ErasedSubject, Erasure } from '@cartledger/control';
import type { EventLog } from '@cartledger/event-log';
import { createForget, MAX_ERASED_VISITORS } from '@cartledger/history';
import type { HeldOfSubject } from '@cartledger/operations';
import type { LetterCatalog } from '../admin/letter-catalog.ts';
import type { Subject } from '../erased.ts';
import { type ErasureDocument, NEW_DOCUMENT, readDocument, writeDocument } from './document.ts';
import { copiesIn } from './log-copies.ts';

type ErasuresDeps = {
  erasures: Control['erasures'];
  clickhouse: ClickHouse;
  log: Pick<EventLog, 'topicSettings' | 'retentionMs'>;
  catalog: Pick<LetterCatalog, 'letters'>;
  now: () => number;
  newBatchId: () => string;
};

type ErasuresConfig = {
  topic: string;
  deadLettersTopic: string;
  /** By then every worker goes by tombstones that were written, or takes nothing in. */
  settleMs: number;
  /** How long one step may take, roughly. */
  stepMs: number;
};

/** The customer has more visitors than are erased at once. */
export class TooManyVisitors extends Error {}

type Change = Partial<Pick<Erasure, 'ended_at' | 'restated_days'>> & { document: ErasureDocument };
type Turn = (erasure: Erasure, document: ErasureDocument) => Promise<Change | 'wait'>;

const DAY_MS = 86_400_000;
const LOOK_MS = 100;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** An event is refused when it is received further ahead: nothing is held from behind that. */
const END_OF_TIME_MS = 2 * DAY_MS;

/**
 * Carries erasures out. Their states, in order; each may be done again from its beginning, whoever was killed in it:
 * - `marking` tombstones of the subject, and of a customer's visitors, are written
 * - `settling` until every worker has read them, and what was on its way to the store before has come to its end
 * - `deleting` the events go, and the ledgers are told to look
 * - `recomputing` until the ledgers, and the rollups of days that were over, say what the events do
 * - `purging` what ledgers and links keep under newer rows goes; the ledgers look once more, for edges that are still true
 * - `closing` the receipt: what the log still holds, and until when
 */
export const createErasures = (deps: ErasuresDeps, config: ErasuresConfig) => {
  const { erasures, clickhouse, log, catalog, now, newBatchId } = deps;
  const forget = createForget(clickhouse);

  const visitorsOf = async ({ kind, store_id, hash }: ErasedSubject, upTo: number): Promise<bigint[]> => {
    if (kind === 'visitor') return [hash];
    const visitors = await forget.visitorsOfCustomer(store_id, hash, upTo);
    if (visitors.length > MAX_ERASED_VISITORS) throw new TooManyVisitors();
    return visitors;
  };

  const isOf =
    (subject: ErasedSubject, visitors: ReadonlySet<bigint>, upTo: number) =>
    (letter: Subject): boolean =>
      letter.store_id === subject.store_id &&
      letter.at <= upTo &&
      ((letter.visitor !== null && visitors.has(letter.visitor)) ||
        (subject.kind === 'customer' && letter.customer === subject.hash));

  const look = async (subject: ErasedSubject, visitors: readonly bigint[], upTo: number) => {
    const { store_id, kind } = subject;
    const { days, latest, customers, ...held } = await forget.held({ store_id, visitors }, upTo);
    const isMeant = isOf(subject, new Set(visitors), upTo);
    const letters = (await catalog.letters()).select({});
    const dead_letters = letters.reduce((sum, letter) => sum + (isMeant(letter.subject) ? 1 : 0), 0);
    const other_customers = kind === 'customer' ? Math.max(0, customers - 1) : customers;
    const counts: HeldOfSubject = { ...held, visitors: visitors.length, other_customers, dead_letters };
    return { held: counts, days, latest };
  };

  const turns: Record<ErasureDocument['state'], Turn> = {
    marking: async (erasure, document) => {
      const found = await visitorsOf(erasure, erasure.up_to);
      const visitors = [...new Set([...document.visitors, ...found])];
      await erasures.bury(erasure, visitors);
      return { document: { ...document, state: 'settling', visitors, marked_at: now() } };
    },

    settling: async (erasure, document) => {
      const settledFor = now() - document.marked_at - config.settleMs;
      if (settledFor < 0 || (await forget.isInserting(settledFor))) return 'wait';
      const known = new Set(document.visitors);
      const found = await visitorsOf(erasure, erasure.up_to);
      // Of the customer more has come in before its tombstone was known.
      if (found.some((visitor) => !known.has(visitor))) return { document: { ...document, state: 'marking' } };
      const { held, days } = await look(erasure, document.visitors, erasure.up_to);
      return { document: { ...document, state: 'deleting', held }, restated_days: days };
    },

    deleting: async ({ store_id, up_to }, document) => {
      const of = { store_id, visitors: document.visitors };
      if ((await forget.deleteEvents(of, up_to)) === 'under_way') return 'wait';
      await forget.touch(of, newBatchId());
      return { document: { ...document, state: 'recomputing' } };
    },

    recomputing: async ({ store_id, restated_days }, document) => {
      const of = { store_id, visitors: document.visitors };
      // Of later days nothing has closed, so nobody is told why it moved.
      if (!(await forget.isTakenIn(of, restated_days, dayOf(now() - DAY_MS)))) return 'wait';
      const purge_up_to = await forget.latestVersion(of);
      return { document: { ...document, state: 'purging', purge_up_to }, restated_days: [] };
    },

    purging: async ({ store_id }, document) => {
      const of = { store_id, visitors: document.visitors };
      if ((await forget.purge(of, document.purge_up_to)) === 'under_way') return 'wait';
      await forget.touch(of, newBatchId());
      return { document: { ...document, state: 'closing' } };
    },

    closing: async (_, document) => {
      const copies = await Promise.all(
        [config.topic, config.deadLettersTopic].map((topic) => copiesIn(log, topic, now())),
      );
      return { document: { ...document, state: 'done', copies }, ended_at: now() };
    },

    done: async () => 'wait',
  };

  return {
    /** What is held of the subject. Throws TooManyVisitors. */
    async preview(subject: ErasedSubject): Promise<HeldOfSubject> {
      const upTo = now() + END_OF_TIME_MS;
      return (await look(subject, await visitorsOf(subject, upTo), upTo)).held;
    },

    /** Begins an erasure, or goes on with one of the subject that has not ended. Throws TooManyVisitors, ControlError. */
    async begin(subject: ErasedSubject, by: string): Promise<Erasure> {
      const unfinished = (await erasures.list()).find(
        ({ store_id, kind, hash, ended_at }) =>
          ended_at === null && store_id === subject.store_id && kind === subject.kind && hash === subject.hash,
      );
      if (unfinished !== undefined) return unfinished;
      const ahead = now() + END_OF_TIME_MS;
      const { latest } = await look(subject, await visitorsOf(subject, ahead), ahead);
      // What is held is to go, though a sender's clock was ahead.
      const up_to = Math.max(now(), latest);
      return erasures.begin({ ...subject, up_to, begun_by: by, document: writeDocument(NEW_DOCUMENT) });
    },

    /** Goes on for `stepMs`, or to the end. Null: there is no such erasure. */
    async step(id: number): Promise<Erasure | null> {
      const end = performance.now() + config.stepMs;
      let erasure = await erasures.get(id);
      while (erasure !== null && erasure.ended_at === null) {
        const document = readDocument(erasure);
        const change = await turns[document.state](erasure, document);
        if (change !== 'wait') await erasures.change(erasure, { ...change, document: writeDocument(change.document) });
        if (performance.now() > end) return erasures.get(id);
        if (change === 'wait') await sleep(LOOK_MS);
        // Whoever else is at it may have brought it further.
        erasure = await erasures.get(id);
      }
      return erasure;
    },

    list: () => erasures.list(),
  };
};
