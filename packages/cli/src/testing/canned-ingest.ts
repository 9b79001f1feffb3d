/** What ingest answers to operators, for tests of their commands. */
import type {
  AuditReport,
  Drain,
  Letter,
  LetterPage,
  PartitionStatus,
  Receipt,
  Replay,
  Rewind,
  ShownLetter,
  Status,
} from '@cartledger/operations';

export const AT = '2026-11-01T10:00:00.000Z';

export const RECEIPT: Receipt = {
  id: 'q1',
  topic_epoch: 'abc',
  partition: 1,
  first_offset: 5,
  last_offset: 9,
  reason: 'it ends the process',
  by: 'key1',
  at: AT,
};

export const PARTITION: PartitionStatus = {
  partition: 0,
  worker: 'host/7',
  told_at: '2026-11-01T10:02:58.000Z',
  topic_epoch: 'abc',
  assignment_epoch: 3,
  state: 'reading',
  since: AT,
  why: null,
  position: 1_234_567,
  earliest: 0,
  end: 1_234_600,
  lag_events: 33,
  lag_seconds: 2,
  taken_in_up_to: null,
};

export const STATUS: Status = {
  topic: 'storefront-events',
  group: 'cartledger-ingest',
  at: AT,
  ready: true,
  reason: null,
  draining_since: null,
  partitions: [PARTITION],
  quarantined: [],
};

const AUDITED: AuditReport['partitions'][number] = {
  partition: 0,
  first_offset: 0,
  end_offset: 1_000,
  records: 1_000,
  kept: 997,
  repeats: 2,
  dead_letters: 0,
  erased: 0,
  expired: 0,
  missing: 1,
  counted_twice: 0,
  lost_to_retention: 0,
  not_in_the_log: 0,
  in_flight: 12,
};
export const REPORT: AuditReport = {
  type: 'report',
  topic_epoch: 'abc',
  clean: false,
  seconds: 1.5,
  partitions: [AUDITED],
  findings: [
    { partition: 0, offset: 123, what: 'missing', reason: 'its event is not in events', remedy: 'cartledger REMEDY' },
  ],
};
export const CLEAN: AuditReport = {
  ...REPORT,
  clean: true,
  findings: [],
  partitions: [{ ...AUDITED, kept: 998, missing: 0 }],
};

export const rewind = (done: boolean): Rewind => ({
  order: 'o1',
  at: AT,
  done,
  partitions: [
    {
      partition: 0,
      asked_offset: 50,
      done,
      by: done ? 'host/1' : null,
      at: done ? AT : null,
      from_offset: done ? 90 : null,
      to_offset: done ? 40 : null,
      counts_exact: done ? true : null,
    },
  ],
});

export const drain = (ordered: boolean, drained: boolean): Drain => ({
  ordered,
  order: ordered ? 'o1' : null,
  since: ordered ? AT : null,
  drained,
  partitions: [
    {
      partition: 0,
      drained,
      by: drained ? 'host/1' : null,
      at: drained ? AT : null,
      committed_offset: 90,
      waiting: 10,
    },
  ],
});

export const LETTER: Letter = {
  id: 'abc/0/12',
  short_id: '0/12',
  topic_epoch: 'abc',
  partition: 0,
  offset: 12,
  set_aside_at: '2026-11-22T10:00:00.000Z',
  reason: 'unknown_store',
  field: 'store_id',
  store_id: 'nobody',
  bytes: 21,
  stub: false,
  state: 'open',
  replay_of: null,
};

export const SHOWN: ShownLetter = {
  ...LETTER,
  topic: 'storefront-events',
  message: 'store_id ("nobody") is no store here; create it, or mend store_id',
  remedy: 'Make it, then replay.',
  received_at: '2026-11-22T09:59:00.000Z',
  imported: false,
  key: { encoding: 'utf8', data: 'nobody:v1' },
  value: { encoding: 'utf8', data: '{"store_id":"nobody"}' },
  stub: null,
  replay: null,
  lost_because: null,
  failed_again_as: null,
};

/** Of `total` letters those of these offsets. */
export const page = (total: number, offsets: readonly number[], next_cursor: string | null = null): LetterPage => ({
  letters: offsets.map((offset) => ({ ...LETTER, offset, id: `abc/0/${offset}`, short_id: `0/${offset}` })),
  total,
  reasons: total === 0 ? [] : [{ reason: 'unknown_store', open: total, replayed: 0, lost: 0, erased: 0 }],
  older: 0,
  next_cursor,
});

/** A replay of `total` letters that has come so far. */
export const replay = (total: number, replayed: number, lost = 0): Replay => ({
  id: 7,
  filter: { reason: 'unknown_store' },
  again: false,
  total,
  replayed,
  lost,
  by: 'key1',
  started_at: AT,
  ended_at: replayed + lost === total ? AT : null,
});
