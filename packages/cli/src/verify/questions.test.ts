import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import type { Client } from '../client.ts';
import { CliError } from '../errors.ts';
import type { StoreAnswer } from '../stores.ts';
import type { Waiting } from './patience.ts';
import { cutAtVersions, fetchQuestions } from './questions.ts';

const versions = (...from: (string | null)[]) =>
  from.map((day, i) => ({ from: day, definition: { ...DEFAULT_DEFINITION, version: i + 1 } }));

test('a period is cut where a version of the definition begins within it, and nowhere else', () => {
  const period = { from: '2026-02-01', to: '2026-02-28' };
  expect(cutAtVersions(versions(null), period)).toEqual([period]);
  expect(cutAtVersions(versions(null, '2026-02-01', '2026-03-01', '2026-01-15'), period)).toEqual([period]);
  // A version that a later one took the place of is in force on no day.
  expect(cutAtVersions(versions(null, '2026-02-28', '2026-02-10'), period)).toHaveLength(2);
  expect(cutAtVersions(versions(null, '2026-02-10', null), period)).toEqual([period]);
  expect(cutAtVersions(versions(null, '2026-02-28', '2026-02-10', '2026-02-10', '2026-02-28'), period)).toEqual([
    { from: '2026-02-01', to: '2026-02-09' },
    { from: '2026-02-10', to: '2026-02-27' },
    { from: '2026-02-28', to: '2026-02-28' },
  ]);
});

const [visitor, session] = DEFAULT_DEFINITION.funnels;
if (!visitor || !session) throw new Error('two funnels are kept by default');
const newest: Definition = { ...DEFAULT_DEFINITION, version: 2 };
const store = {
  definition: newest,
  versions: [
    { from: null, definition: { ...DEFAULT_DEFINITION, funnels: [session] } },
    { from: '2026-02-02', definition: newest },
  ],
};

/** A server of one store: every report is what it was asked for, each as the next of the given turns. */
type Turn = { as_of?: string; warnings?: string[]; recounting?: 'busy' | 'refused' };

const fakeServer = (turns: readonly Turn[], stores: readonly StoreAnswer[] = [store]) => {
  const asked: string[] = [];
  let answered = 0;
  let storesRead = 0;
  const client: Client = {
    send(_method, path) {
      const url = new URL(path, 'http://server');
      if (!url.pathname.includes('/reports/'))
        return Promise.resolve(Response.json(stores[Math.min(storesRead++, stores.length - 1)]));
      const { from = '2026-02-01', to = '2026-02-02', ...query } = Object.fromEntries(url.searchParams);
      const report = url.pathname.split('/').at(-1);
      const turn = turns[Math.min(answered++, turns.length - 1)] ?? {};
      asked.push(`${report} ${from} ${to} ${query.unit ?? query.refunds_on ?? ''}`.trim());
      const { as_of = '2026-02-03T00:00:00.000Z', warnings = [], recounting } = turn;
      if (recounting) {
        const error = { code: 'recounting', message: 'version 2 is being worked in' };
        if (recounting === 'refused')
          return Promise.reject(new CliError(`${error.message} (recounting)`, { code: error.code }));
        return Promise.resolve(Response.json({ error }, { status: 503, headers: { 'retry-after': '7' } }));
      }
      const said = warnings.map((code) => ({ code, message: code }));
      return Promise.resolve(Response.json({ report, from, to, as_of, timezone: 'UTC', warnings: said, ...query }));
    },
  };
  let time = 0;
  const words: string[] = [];
  const pauses: number[] = [];
  const waiting: Waiting = {
    now: () => time,
    sleep: async (ms) => {
      pauses.push(ms);
      time += ms;
    },
    say: (text) => words.push(text),
  };
  return { asked, words, pauses, ask: () => fetchQuestions(client, 'shop', {}, waiting) };
};

const oneVersion: StoreAnswer = { definition: newest, versions: versions(null) };
/** Of a store with one version and two funnels: the period, then carts, revenue both ways, both funnels and the pipeline. */
const REPORTS = 1 + 3 + 2 + 1;

test('of days whose version keeps other funnels, only those are asked for that it keeps', async () => {
  const server = fakeServer([{}]);
  const { list } = await server.ask();
  expect(server.asked).toEqual([
    'abandonment 2026-02-01 2026-02-02',
    'abandonment 2026-02-01 2026-02-01',
    'revenue 2026-02-01 2026-02-01',
    'revenue 2026-02-01 2026-02-01 order',
    'funnel 2026-02-01 2026-02-01 session',
    'pipeline 2026-02-01 2026-02-01',
    'abandonment 2026-02-02 2026-02-02',
    'revenue 2026-02-02 2026-02-02',
    'revenue 2026-02-02 2026-02-02 order',
    'funnel 2026-02-02 2026-02-02 visitor',
    'funnel 2026-02-02 2026-02-02 session',
    'pipeline 2026-02-02 2026-02-02',
  ]);
  expect(list.map(({ funnels }) => funnels.map((funnel) => funnel !== null))).toEqual([
    [false, true],
    [true, true],
  ]);
});

test('reports of two states of the ledgers are asked for again', async () => {
  const [early, late] = [{ as_of: '2026-02-03T00:00:00.000Z' }, { as_of: '2026-02-03T00:00:01.000Z' }];
  const server = fakeServer([early, early, late], [oneVersion]);
  const { asOf } = await server.ask();
  expect(asOf).toBe(Date.parse(late.as_of));
  expect(server.asked).toHaveLength(2 * REPORTS);
});

test('a report whose parts are of several states is asked for again, after a pause', async () => {
  const server = fakeServer([{}, {}, { warnings: ['ledgers_moving'] }, {}], [oneVersion]);
  await server.ask();
  expect(server.asked).toHaveLength(2 * REPORTS);
  expect(server.pauses).toEqual([1_000]);
});

test('while a new definition is being worked in reports are waited for, as long as the server says', async () => {
  const server = fakeServer([...Array<Turn>(6).fill({ recounting: 'busy' }), {}], [oneVersion]);
  const { list } = await server.ask();
  expect(list).toHaveLength(1);
  expect(server.pauses).toEqual(Array(6).fill(7_000));
  expect(server.words).toEqual([
    'Waiting for a new definition of shop: version 2 is being worked in (recounting)',
    'Still waiting for it (0 min 35 s).',
  ]);
});

test('a new definition that is refused as a conflict is waited for too', async () => {
  const server = fakeServer([{ recounting: 'refused' }, {}], [oneVersion]);
  await server.ask();
  expect(server.pauses).toEqual([2_000]);
});

test('a definition that is never worked in ends the waiting, and nothing is called verified', async () => {
  const server = fakeServer([{ recounting: 'busy' }], [oneVersion]);
  await expect(server.ask()).rejects.toMatchObject({
    code: 'recounting',
    message: expect.stringMatching(
      /^nothing was verified: a new definition of shop .* 15 min .* not done\. Run verify/,
    ),
  });
  expect(server.pauses.length).toBeLessThan(200);
});

test('reports that began by one definition and ended by another are asked for again, by the later one', async () => {
  const later: StoreAnswer = { ...oneVersion, definition: { ...newest, version: 3 } };
  const server = fakeServer([{}], [oneVersion, later]);
  expect((await server.ask()).store.definition.version).toBe(3);
  expect(server.asked).toHaveLength(2 * REPORTS);
});
