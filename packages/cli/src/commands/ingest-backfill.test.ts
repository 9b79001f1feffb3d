import type { Backfill } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { AT } from '../testing/canned-ingest.ts';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const backfill = (answers: readonly unknown[], ...args: string[]) =>
  told(
    answers.map((body) => ({ body })),
    ...['ingest', 'backfill', ...args],
  );

const BEGUN: Backfill = {
  backfill: 3,
  state: 'writing',
  dry_run: false,
  by: 'k1',
  begun_at: AT,
  ended_at: null,
  topic_epoch: 'abc',
  table: 'events_rebuilt_2026_11_01_3',
  old_table: null,
  partitions: [{ partition: 0, first_offset: 5, position: 5, end_offset: 5_005 }],
  records: 0,
  left_out: 0,
  new_letters: 0,
  copied: 0,
  progress: { done: 0, total: 5_000, unit: 'offsets' },
  compared: null,
  paused_seconds: null,
  told: 0,
  former_lost: false,
};
const COMPARED: Backfill = {
  ...BEGUN,
  state: 'compared',
  records: 5_000,
  left_out: 12,
  copied: 1_234,
  compared: {
    before: 6_220,
    after: 6_222,
    added: 3,
    removed: 1,
    changed: 2,
    months: [{ store_id: 'shop', month: '2026-11', before: 4_000, after: 4_002, added: 3, removed: 1, changed: 2 }],
  },
};
const DONE: Backfill = {
  ...COMPARED,
  state: 'done',
  ended_at: AT,
  old_table: 'events_before_2026_11_01_3',
  partitions: [{ partition: 0, first_offset: 5, position: 5_105, end_offset: 5_105 }],
  paused_seconds: 0.8,
  told: 4,
};

const STEP = 'POST /api/v1/ingest/backfills {"backfill":3}';

test('a backfill is gone on with until it has ended, and its receipt says what was read, copied and changed', async () => {
  const { status, out, err, asked } = await backfill(
    [BEGUN, { ...BEGUN, records: 900 }, DONE],
    '--since',
    '2026-11-01',
  );
  expect([status, asked]).toEqual([
    0,
    ['POST /api/v1/ingest/backfills {"dry_run":false,"since":"2026-11-01T00:00:00.000Z"}', STEP, STEP],
  ]);
  expect(out).toContain('Backfill 3, begun 2026-11-01T10:00:00Z by key k1: done');
  expect(out).toMatch(/│ +0 │ +5 │ 5104 │/);
  expect(out).toContain(
    '5,000 records read, 12 of them dead letters, erased, or older than is kept; 1,234 rows copied',
  );
  expect(out).toMatch(/│ shop +│ 2026-11 │ +4,000 │ 4,002 │ +3 │ +1 │ +2 │/);
  expect(out).toContain('paused for 0.8 s. Ledgers of 4 visitors are looked at anew.');
  expect(out).toContain('kept as events_before_2026_11_01_3, until: cartledger ingest backfill --drop-old');
  expect(err).toBe('');
  const lost = await backfill([BEGUN, { ...DONE, old_table: null, former_lost: true }]);
  expect(lost.out).toContain('The former table was dropped before it was compared to the end');
  const json = await backfill([{ ...BEGUN, records: 900 }, DONE], '--json');
  expect(JSON.parse(json.out)).toEqual(DONE);
  expect(json.err).toContain('Going on with backfill 3');
});

test('a dry run says what would change, and that its table is kept for the rest', async () => {
  const { status, out, err, asked } = await backfill(
    [
      { ...BEGUN, dry_run: true },
      { ...COMPARED, dry_run: true, new_letters: 2 },
    ],
    '--dry-run',
  );
  expect([status, asked[0]]).toEqual([0, 'POST /api/v1/ingest/backfills {"dry_run":true}']);
  expect(out).toContain('6,220 before, 6,222 after; 3 added, 1 removed, 2 changed.\nThe table stays as it is');
  // It may write letters, and says so.
  expect(out).toContain('(2 letters are new)');
  expect(err).toContain('goes on from here');
});

test('one that finds nothing, was given up or is refused says so', async () => {
  const [same, gone, refused] = await Promise.all([
    backfill([BEGUN, { ...COMPARED, state: 'unchanged', ended_at: AT }]),
    backfill([BEGUN, { ...BEGUN, state: 'cancelled', ended_at: AT }]),
    told([refusal(409, 'not_drained', 'Not every partition was paused.')], 'ingest', 'backfill'),
  ]);
  expect(same).toMatchObject({ status: 0, out: expect.stringContaining('Nothing differs') });
  expect(gone).toMatchObject({ status: 1, err: expect.stringContaining('given it up meanwhile') });
  expect(refused).toMatchObject({ status: 1, out: '', err: 'Not every partition was paused. (not_drained)\n' });
});

test('backfills are listed; the one that has not ended is given up; former tables are dropped', async () => {
  const [list, none, cancelled, idle, dropped] = await Promise.all([
    backfill([{ backfills: [DONE, BEGUN] }], '--list'),
    backfill([{ backfills: [] }], '--list'),
    backfill([{ backfills: [DONE, BEGUN] }, { ...BEGUN, state: 'cancelled', ended_at: AT }], '--cancel'),
    backfill([{ backfills: [DONE] }], '--cancel'),
    backfill(
      [{ backfills: [{ ...DONE, backfill: 2, old_table: null }, DONE] }, { ...DONE, old_table: null }],
      '--drop-old',
    ),
  ]);
  expect(list.out).toMatch(/│ +3 │ 2026-11-01 10:00:00 │ done +│ +5,000 │ +3 │ +1 │ +2 │ events_before_2026_11_01_3 │/);
  expect(none).toMatchObject({ status: 0, out: '', err: 'There was none.\n' });
  expect(cancelled.asked[1]).toBe('POST /api/v1/ingest/backfills {"cancel":3}');
  expect(cancelled.out).toContain('given up: the table stays as it is');
  expect(idle).toMatchObject({ status: 0, err: 'There is none to give up.\n' });
  expect(dropped.asked.slice(1)).toEqual(['POST /api/v1/ingest/backfills {"drop_old":3}']);
  expect(dropped.err).toBe('events_before_2026_11_01_3 is dropped.\n');
});

test.each([
  [['--since', 'noon'], 'give a time such as'],
  [['--dry-run', '--cancel'], 'cannot be used with'],
])('what makes no sense is refused before anybody is asked: %j', async (args, why) => {
  const { status, asked, err } = await backfill([BEGUN], ...args);
  expect({ status, asked }).toEqual({ status: 2, asked: [] });
  expect(err).toContain(why);
});
