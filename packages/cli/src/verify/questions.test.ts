import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import type { Client } from '../client.ts';
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

/** Answers every report with what it was asked for, each time as of the next of the given times. */
const fakeClient = (asOf: readonly string[]): { client: Client; asked: string[] } => {
  const asked: string[] = [];
  const client: Client = {
    send(_method, path) {
      const url = new URL(path, 'http://server');
      const { from = '2026-02-01', to = '2026-02-02', ...query } = Object.fromEntries(url.searchParams);
      const report = url.pathname.split('/').at(-1);
      const as_of = asOf[Math.min(asked.length, asOf.length - 1)];
      asked.push(`${report} ${from} ${to} ${query.unit ?? ''}`.trim());
      return Promise.resolve(Response.json({ report, from, to, as_of, timezone: 'UTC', ...query }));
    },
  };
  return { client, asked };
};

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

test('of days whose version keeps other funnels, only those are asked for that it keeps', async () => {
  const { client, asked } = fakeClient(['2026-02-03T00:00:00Z']);
  const { list } = await fetchQuestions(client, 'shop', store, {});
  expect(asked).toEqual([
    'abandonment 2026-02-01 2026-02-02',
    'abandonment 2026-02-01 2026-02-01',
    'revenue 2026-02-01 2026-02-01',
    'funnel 2026-02-01 2026-02-01 session',
    'pipeline 2026-02-01 2026-02-01',
    'abandonment 2026-02-02 2026-02-02',
    'revenue 2026-02-02 2026-02-02',
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
  const [early, late] = ['2026-02-03T00:00:00.000Z', '2026-02-03T00:00:01.000Z'];
  const { client, asked } = fakeClient([early, early, late]);
  const { asOf } = await fetchQuestions(client, 'shop', { definition: newest, versions: versions(null) }, {});
  expect(asOf).toBe(Date.parse(late));
  expect(asked).toHaveLength(2 * (2 + 1 + 2 + 1));
});
