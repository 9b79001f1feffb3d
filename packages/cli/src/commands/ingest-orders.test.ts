import { expect, test } from 'vitest';
import { drain, rewind } from '../testing/canned-ingest.ts';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const body = (answer: unknown) => ({ body: answer });

test('rewinding waits until every partition has its receipt, and prints where each goes on', async () => {
  const { status, out, err, asked } = await told(
    [rewind(false), rewind(false), rewind(true)].map(body),
    ...['ingest', 'rewind', '--to', '50', '--partition', '0'],
  );
  expect(asked).toEqual([
    'POST /api/v1/ingest/rewind {"to":50,"partition":0}',
    'GET /api/v1/ingest/rewind',
    'GET /api/v1/ingest/rewind',
  ]);
  expect(status).toBe(0);
  expect(out).toContain('Partition 0: set back from 90 to 40 (asked: 50');
  expect(err).toContain('Watch: cartledger ingest status');
});

test('receipts are printed as JSON', async () => {
  const rewound = await told([body(rewind(true))], 'ingest', 'rewind', '--to', 'earliest', '--json');
  expect([rewound.status, JSON.parse(rewound.out)]).toEqual([0, rewind(true)]);
  const drained = await told([body(drain(true, true))], 'ingest', 'drain', '--json');
  expect([drained.status, JSON.parse(drained.out)]).toEqual([0, drain(true, true)]);
});

test('an order that not every worker has obeyed in time stands, and that is said with status 1', async () => {
  const [rewound, drained] = await Promise.all([
    told([body(rewind(false))], 'ingest', 'rewind', '--to', 'earliest', '--wait', '1'),
    told([body(drain(true, false))], 'ingest', 'drain', '--wait', '1'),
  ]);
  expect(rewound).toMatchObject({ status: 1, out: 'Partition 0: not yet set back to 50.\n' });
  expect(drained.status).toBe(1);
  for (const { err } of [rewound, drained]) expect(err).toContain('the order stands');
});

test('draining waits until all is drained; it is taken back by --resume, and shown by --status', async () => {
  const drained = await told([drain(true, false), drain(true, true)].map(body), 'ingest', 'drain');
  expect(drained).toMatchObject({
    status: 0,
    out: 'Partition 0: drained by host/1; committed up to 90, 10 offsets wait in the log.\n',
    asked: ['POST /api/v1/ingest/drain', 'GET /api/v1/ingest/drain'],
  });
  const [resumed, shown] = await Promise.all([
    told([body(drain(false, false))], 'ingest', 'drain', '--resume'),
    told([body(drain(true, true))], 'ingest', 'drain', '--status'),
  ]);
  expect(resumed).toMatchObject({
    status: 0,
    out: 'Partition 0: reads again; committed up to 90, 10 offsets wait in the log.\n',
    asked: ['POST /api/v1/ingest/drain/resume'],
  });
  expect(shown).toMatchObject({ status: 0, asked: ['GET /api/v1/ingest/drain'] });
  expect(shown.err).toContain('ordered since 2026-11-01');
});

test('an order that is refused, or overtaken by another, ends with status 1 and says why', async () => {
  const other = { ...rewind(false), order: 'o2' };
  const [refused, overtaken] = await Promise.all([
    told(
      [refusal(409, 'nothing_to_rewind', 'Every partition stands there already.')],
      ...['ingest', 'rewind', '--to', '50', '--partition', '0'],
    ),
    told([rewind(false), other].map(body), 'ingest', 'rewind', '--to', '7d'),
  ]);
  expect(refused).toMatchObject({
    status: 1,
    out: '',
    err: 'Every partition stands there already. (nothing_to_rewind)\n',
  });
  expect(overtaken).toMatchObject({ status: 1, err: 'another order to rewind has come after this one\n' });
});

test.each([
  [['rewind', '--to', 'yesterday'], 'give a time such as'],
  [['rewind'], "required option '--to <place>' not specified"],
  [['rewind', '--to', '5', '--partition', 'x'], 'a whole number from 0 on'],
  [['drain', '--wait', '0'], 'a whole number above 0'],
])('an order that is none is refused before anybody is asked: %j', async (args, why) => {
  const { status, out, err, asked } = await told([body({})], 'ingest', ...args);
  expect({ status, out, asked }).toEqual({ status: 2, out: '', asked: [] });
  expect(err).toContain(why);
});
