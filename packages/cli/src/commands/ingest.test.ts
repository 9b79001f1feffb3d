import { expect, test } from 'vitest';
import { AT, RECEIPT, STATUS } from '../testing/canned-ingest.ts';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const body = (answer: unknown) => ({ body: answer });

test('status is a table for a person, and JSON for a program', async () => {
  const [table, json] = await Promise.all([
    told([body({ ...STATUS, draining_since: AT, quarantined: [RECEIPT] })], 'ingest', 'status'),
    told([body(STATUS)], 'ingest', 'status', '--json'),
  ]);
  expect(table).toMatchObject({ status: 0, err: '', asked: ['GET /api/v1/ingest/status'] });
  expect(table.out).toMatch(/^storefront-events \(abc\), group cartledger-ingest: ready\n/);
  expect(table.out).toContain('│ 1,234,567 │ 1,234,600 │');
  expect(table.out).toContain('Drained as ordered since 2026-11-01T10:00:00Z');
  expect(table.out).toContain('Set aside:\n  q1: partition 1, offsets 5 to 9');
  expect(json.status).toBe(0);
  expect(JSON.parse(json.out)).toEqual(STATUS);
});

test.each([
  [
    'refuses',
    refusal(403, 'wrong_scope', 'This token is for reports:read.'),
    'This token is for reports:read. (wrong_scope)\n',
  ],
  ['is away', { status: 502, body: 'Bad Gateway', type: 'text/plain' }, 'the server answered 502\n'],
  [
    'is of another version',
    body({ ...STATUS, partitions: [{ ...STATUS.partitions[0], state: 'dreaming' }] }),
    'the server answers otherwise than this command understands (partitions.0.state: ',
  ],
])('a server that %s is told in a sentence, with status 1', async (_, answer, why) => {
  const { status, out, err } = await told([answer], 'ingest', 'status');
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).toContain(why);
  expect(err).toMatch(/^[^\n]+\n$/);
});

const RANGE = ['--partition', '1', '--from', '5', '--to', '9', '--reason', 'it ends the process'];
const MADE = { ...RECEIPT, present: true, records_before_position: 2, records_ahead: 3 };

test('a range that is set aside is answered with its receipt, and what becomes of it', async () => {
  const [told1, json] = await Promise.all([
    told([{ status: 201, body: MADE }], 'ingest', 'quarantine', ...RANGE),
    told([{ status: 201, body: MADE }], 'ingest', 'quarantine', ...RANGE, '--json'),
  ]);
  expect(told1).toMatchObject({
    status: 0,
    out: 'q1: partition 1, offsets 5 to 9, 2026-11-01T10:00:00Z by key key1: it ends the process\n',
    asked: [
      'POST /api/v1/ingest/quarantine {"partition":1,"first_offset":5,"last_offset":9,"reason":"it ends the process"}',
    ],
  });
  expect(told1.err).toContain('2 of its offsets had been taken in before');
  expect(told1.err).toContain('3 go to the dead letters unread');
  expect([json.status, json.err, JSON.parse(json.out)]).toEqual([0, '', MADE]);
});

test('what is set aside is listed', async () => {
  const answer = body({ quarantined: [{ ...RECEIPT, present: false }] });
  const [list, none, json] = await Promise.all([
    told([answer], 'ingest', 'quarantine', '--list'),
    told([body({ quarantined: [] })], 'ingest', 'quarantine', '--list'),
    told([answer], 'ingest', 'quarantine', '--list', '--json'),
  ]);
  expect(list).toMatchObject({ status: 0, asked: ['GET /api/v1/ingest/quarantine'] });
  expect(list.out).toMatch(/^q1: .* \(of a topic that was made again since\)\n$/);
  expect(none).toMatchObject({ status: 0, out: '', err: 'Nothing is set aside.\n' });
  expect(JSON.parse(json.out)).toEqual(answer.body);
});

test('a range that the server refuses is told in the words of the options; half a range asks nobody', async () => {
  const message = 'last_offset is 9: give one from first_offset (10) on.';
  const [refused, half, negative] = await Promise.all([
    told([refusal(400, 'bad_request', message)], 'ingest', 'quarantine', ...RANGE),
    told([body(MADE)], 'ingest', 'quarantine', '--partition', '1'),
    told([body(MADE)], 'ingest', 'quarantine', '--partition', '-1'),
  ]);
  expect(refused).toMatchObject({ status: 2, err: '--to is 9: give one from --from (10) on. (bad_request)\n' });
  expect(half).toMatchObject({ status: 2, out: '', asked: [], err: expect.stringContaining('which range, and why?') });
  expect(negative).toMatchObject({ status: 2, out: '', asked: [] });
});
