import type { Erasure, HeldOfSubject } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const body = (answer: unknown) => ({ body: answer });
const erase = (answers: readonly unknown[], ...args: string[]) => told(answers.map(body), 'erase', ...args);

const HELD: HeldOfSubject = {
  visitors: 2,
  other_customers: 1,
  events: 1_200,
  carts: 3,
  orders: 1,
  ledger_rows: 9,
  dead_letters: 4,
};
const BEGUN: Erasure = {
  erasure: 7,
  store_id: 'shop',
  subject: 'customer',
  subject_hash: '00000000000000ff',
  visitor_hashes: [],
  up_to: '2026-11-22T10:00:00.000Z',
  state: 'marking',
  by: 'k1',
  begun_at: '2026-11-22T10:00:00.000Z',
  ended_at: null,
  erased: null,
  copies: [],
  files_gone_by: null,
  hashes_gone_by: null,
};
const DONE: Erasure = {
  ...BEGUN,
  state: 'done',
  ended_at: '2026-11-22T10:00:09.000Z',
  erased: HELD,
  copies: [
    { topic: 'events', gone_by: '2026-12-06T10:00:09.000Z', warning: null },
    { topic: 'dead', gone_by: null, warning: 'the log keeps records for ever' },
  ],
  files_gone_by: '2026-11-22T10:10:09.000Z',
  hashes_gone_by: '2026-11-24T10:00:09.000Z',
};
const SUBJECT = ['--store', 'shop', '--customer', 'c1'];

test('a dry run shows what is held and orders nothing', async () => {
  const { status, out, err, asked } = await erase([HELD], ...SUBJECT, '--dry-run');
  expect([status, asked]).toEqual([0, ['POST /api/v1/ingest/erasures/preview {"store_id":"shop","customer_id":"c1"}']]);
  expect(out).toMatch(/rows of events +│ +1,200/);
  expect(err).toBe('Nothing was erased: this only looked.\n');
});

test('an erasure is gone on with until it has ended, and its receipt says when copies are gone', async () => {
  const settling = { ...BEGUN, state: 'settling' };
  const { status, out, err, asked } = await erase([HELD, BEGUN, settling, DONE], ...SUBJECT, '--yes');
  expect([status, asked.slice(1)]).toEqual([
    0,
    [
      'POST /api/v1/ingest/erasures {"store_id":"shop","customer_id":"c1"}',
      'POST /api/v1/ingest/erasures {"erasure":7}',
      'POST /api/v1/ingest/erasures {"erasure":7}',
    ],
  ]);
  expect(err).toContain('also name 1 other customer');
  expect(out).toContain('customer 00000000000000ff of store shop, up to 2026-11-22 10:00:00 UTC');
  expect(out).toContain("The log's copies in events are gone by 2026-12-06 10:00:09 UTC");
  expect(out).toContain("The log's copies in dead do not go by themselves: the log keeps records for ever.");
  const json = await erase([HELD, DONE], '--store', 'shop', '--visitor', 'v', '--yes', '--format', 'json');
  expect(JSON.parse(json.out)).toEqual(DONE);
});

test('one that has not ended in time says where it stands and what to do; refusals are told in the server’s words', async () => {
  const [slow, many] = await Promise.all([
    erase([HELD, { ...BEGUN, state: 'recomputing' }], ...SUBJECT, '--yes', '--wait', '1'),
    told([refusal(409, 'too_many_visitors', 'An id that many share.')], 'erase', ...SUBJECT, '--yes'),
  ]);
  expect(slow.status).toBe(1);
  expect(slow.err).toContain('Erasure 7 has not come to its end (waiting for the ledgers). Run the same command again');
  expect(many).toMatchObject({ status: 1, out: '', err: 'An id that many share. (too_many_visitors)\n' });
});

test('erasures are listed with the time of the last copy', async () => {
  const [all, none, json] = await Promise.all([
    erase([{ erasures: [DONE, { ...BEGUN, erasure: 6 }] }], 'list'),
    erase([{ erasures: [DONE] }], 'list', '--store', 'other'),
    erase([{ erasures: [DONE] }], 'list', '--format', 'json'),
  ]);
  expect(all.asked).toEqual(['GET /api/v1/ingest/erasures']);
  expect(all.out).toMatch(
    /│ +7 │ shop +│ customer │ 00000000000000ff │ 2026-11-22 10:00:00 │ done +│ +2 │ +1,200 │ never/,
  );
  expect(none).toMatchObject({ status: 0, out: '', err: 'Nothing was erased.\n' });
  expect(JSON.parse(json.out)).toEqual([DONE]);
});

test.each([
  [['--customer', 'c1', '--yes'], 'which store?'],
  [['--store', 'shop', '--yes'], 'whom?'],
  [['--store', 'shop', '--visitor', 'v', '--customer', 'c', '--yes'], 'whom?'],
  [['everything'], 'only list'],
])('what names nobody is refused before anybody is asked: %j', async (args, why) => {
  const { status, err, asked } = await erase([HELD], ...args);
  expect([status, asked]).toEqual([2, []]);
  expect(err).toContain(why);
});

test('where nobody can be asked, nothing is erased without --yes', async () => {
  const { status, err, asked } = await erase([HELD], ...SUBJECT);
  expect([status, asked.length]).toEqual([2, 1]);
  expect(err).toContain('--yes is needed where nobody can be asked');
});
