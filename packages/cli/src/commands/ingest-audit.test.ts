import { expect, test } from 'vitest';
import { CLEAN, REPORT } from '../testing/canned-ingest.ts';
import { lines, refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const PROGRESS = { type: 'progress', done: 500, total: 1_000, records: 500, missing: 0 };

test('an audit prints what is missing with its offset and remedy, says what is left out, and ends with status 1', async () => {
  const { status, out, asked } = await told(
    [lines(PROGRESS, REPORT)],
    ...['ingest', 'audit', '--partition', '0', '--from', '5', '--to', '999'],
  );
  expect(asked).toEqual(['GET /api/v1/ingest/audit?partition=0&first_offset=5&last_offset=999']);
  expect(status).toBe(1);
  expect(out).toContain('Partition 0, offset 123: missing: its event is not in events.\n  cartledger REMEDY');
  expect(out).toContain('12 offsets are not taken in yet');
  expect(out).toContain('1,000 records read in 1.5 s: 1 are not accounted for.');
});

test('an audit that finds nothing ends with status 0, as JSON too', async () => {
  const { status, out, asked } = await told(
    [lines(PROGRESS, CLEAN)],
    ...['ingest', 'audit', '--since', '2026-11-01T10:00:00+01:00', '--json'],
  );
  expect(status).toBe(0);
  expect(asked).toEqual(['GET /api/v1/ingest/audit?since=2026-11-01T09%3A00%3A00.000Z']);
  expect(JSON.parse(out)).toEqual(CLEAN);
});

test.each([
  ['breaks off', lines(PROGRESS, PROGRESS), 'the audit broke off before its report'],
  ['fails', lines(PROGRESS, { type: 'error', message: 'no ClickHouse' }), 'no ClickHouse'],
  ['is refused', refusal(409, 'audit_running', 'An audit is running here.'), 'is running here. (audit_running)\n'],
  ['is told in other words', lines({ type: 'verdict' }), 'are both of one version?'],
])('an audit that %s ends with status 1 and says why', async (_, answer, why) => {
  const { status, out, err } = await told([answer], 'ingest', 'audit');
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).toContain(why);
});

test.each([
  [['--since', 'noon'], 'give a time such as'],
  [['--from', '-1'], 'a whole number from 0 on'],
  [['--since', '2h', '--from', '1'], 'cannot be used with'],
])('what cannot be looked at is refused before anybody is asked: %j', async (args, why) => {
  const { status, out, err, asked } = await told([lines(CLEAN)], 'ingest', 'audit', ...args);
  expect({ status, out, asked }).toEqual({ status: 2, out: '', asked: [] });
  expect(err).toContain(why);
});
