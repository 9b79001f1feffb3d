import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AuditReport, Drain, Rewind } from '@cartledger/operations';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
const PARTITION = {
  partition: 0,
  first_offset: 0,
  end_offset: 1_000,
  records: 1_000,
  kept: 997,
  repeats: 2,
  dead_letters: 0,
  erased: 0,
  missing: 1,
  counted_twice: 0,
  lost_to_retention: 0,
  not_in_the_log: 0,
  in_flight: 12,
};
const REPORT: AuditReport = {
  type: 'report',
  topic_epoch: 'e',
  clean: false,
  seconds: 1.5,
  partitions: [PARTITION],
  findings: [
    { partition: 0, offset: 123, what: 'missing', reason: 'its event is not in events', remedy: 'cartledger REMEDY' },
  ],
};
const CLEAN = { ...REPORT, clean: true, findings: [], partitions: [{ ...PARTITION, kept: 998, missing: 0 }] };
const PROGRESS = { type: 'progress', done: 500, total: 1_000, records: 500, missing: 0 };

const AT = '2026-11-01T10:00:00.000Z';
const rewind = (done: boolean): Rewind => ({
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
const drain = (ordered: boolean, drained: boolean): Drain => ({
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

let server: Server;
let url = '';
const asked: string[] = [];
/** What each of the next requests is answered; the last is repeated. */
let answers: { status?: number; lines: unknown[] }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push(`${request.method} ${request.url} ${body}`.trim());
      const { status = 200, lines } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { lines: [] };
      response.writeHead(status, { 'content-type': lines.length > 1 ? 'application/x-ndjson' : 'application/json' });
      response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterAll(() => server.close());

const cartledger = async (given: typeof answers, ...args: string[]) => {
  answers = given;
  asked.length = 0;
  const child = spawn(process.execPath, [MAIN, 'ingest', ...args, '--url', url, '--token', 't'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
};

test('an audit prints what is missing with its offset and remedy, says what is left out, and ends with status 1', async () => {
  const { status, out } = await cartledger([{ lines: [PROGRESS, REPORT] }], 'audit', '--partition', '0', '--from', '5');
  expect(asked).toEqual(['GET /api/v1/ingest/audit?partition=0&first_offset=5']);
  expect(status).toBe(1);
  expect(out).toContain('Partition 0, offset 123: missing: its event is not in events.\n  cartledger REMEDY');
  expect(out).toContain('12 offsets are not taken in yet');
  expect(out).toContain('1,000 records read in 1.5 s: 1 are not accounted for.');
});

test('an audit that finds nothing ends with status 0; one that breaks off does not', async () => {
  const clean = await cartledger(
    [{ lines: [PROGRESS, CLEAN] }],
    'audit',
    '--since',
    '2026-11-01T10:00:00+01:00',
    '--json',
  );
  expect(clean.status).toBe(0);
  expect(asked).toEqual(['GET /api/v1/ingest/audit?since=2026-11-01T09%3A00%3A00.000Z']);
  expect(JSON.parse(clean.out)).toEqual(CLEAN);
  const broken = await cartledger([{ lines: [PROGRESS, PROGRESS] }], 'audit');
  expect([broken.status, broken.err]).toMatchObject([1, expect.stringContaining('broke off')]);
  const failed = await cartledger([{ lines: [PROGRESS, { type: 'error', message: 'no ClickHouse' }] }], 'audit');
  expect([failed.status, failed.err]).toMatchObject([1, expect.stringContaining('no ClickHouse')]);
});

test('rewinding waits until every partition has its receipt, and prints where each goes on', async () => {
  const told = [{ status: 202, lines: [rewind(false)] }, { lines: [rewind(false)] }, { lines: [rewind(true)] }];
  const { status, out } = await cartledger(told, 'rewind', '--to', '50', '--partition', '0');
  expect(asked[0]).toBe('POST /api/v1/ingest/rewind {"to":50,"partition":0}');
  expect(status).toBe(0);
  expect(out).toContain('Partition 0: set back from 90 to 40 (asked: 50');
});

test('an order that not every worker has obeyed in time stands, and that is said with status 1', async () => {
  const { status, err, out } = await cartledger(
    [{ lines: [rewind(false)] }],
    'rewind',
    '--to',
    'earliest',
    '--wait',
    '1',
  );
  expect([status, out]).toEqual([1, 'Partition 0: not yet set back to 50.\n']);
  expect(err).toContain('the order stands');
  const undrained = await cartledger([{ lines: [drain(true, false)] }], 'drain', '--wait', '1');
  expect([undrained.status, undrained.err]).toMatchObject([1, expect.stringContaining('the order stands')]);
});

test('draining waits until all is drained; it is taken back by --resume, and shown by --status', async () => {
  const told = [{ status: 202, lines: [drain(true, false)] }, { lines: [drain(true, true)] }];
  const drained = await cartledger(told, 'drain');
  expect(asked).toEqual(['POST /api/v1/ingest/drain', 'GET /api/v1/ingest/drain']);
  expect([drained.status, drained.out]).toEqual([
    0,
    'Partition 0: drained by host/1; committed up to 90, 10 offsets wait in the log.\n',
  ]);
  await cartledger([{ lines: [drain(false, false)] }], 'drain', '--resume');
  expect(asked).toEqual(['POST /api/v1/ingest/drain/resume']);
  const shown = await cartledger([{ lines: [drain(true, true)] }], 'drain', '--status');
  expect(asked).toEqual(['GET /api/v1/ingest/drain']);
  expect(shown.err).toContain('ordered since 2026-11-01');
});

test('a place that is none is refused before anybody is asked', async () => {
  for (const args of [
    ['rewind', '--to', 'yesterday'],
    ['rewind'],
    ['audit', '--since', 'noon'],
    ['audit', '--from', '-1'],
  ]) {
    const { status } = await cartledger([{ lines: [{}] }], ...args);
    expect([status, asked]).toEqual([2, []]);
  }
});
