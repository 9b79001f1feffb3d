import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import { REJECT_CODES } from '@cartledger/events';
import { type LetterPage, LIST_LETTERS, type Query, SHOW_LETTER } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { eventRecord, NOW, rawRecord } from '../testing/samples.ts';
import { type Admin, createAdminHarness } from './harness.ts';
import { remedyFor } from './remedies.ts';

const page = (admin: Admin, query: Query<typeof LIST_LETTERS.query> = {}): Promise<LetterPage> =>
  admin.ask(LIST_LETTERS, { query });

const withLetters = async () => {
  const h = await createAdminHarness();
  const ingest = await h.start({ batch: { maxRows: 2, maxBytes: 2 ** 20, maxAgeMs: 0 } });
  let timestamp = NOW;
  // The log stamps what is written to it.
  h.fakeLog.hooks.beforeProduce = (records) => {
    for (const record of records) record.timestamp = timestamp++;
  };
  h.fakeLog.append(EVENTS_TOPIC, [
    rawRecord('not JSON'),
    eventRecord({ event_id: 'a', store_id: 'nobody' }),
    eventRecord({ event_id: 'b', store_id: 'nobody' }),
    eventRecord({ event_id: 'good' }),
    eventRecord({ event_id: 'c', type: 'thing' }),
    rawRecord(Buffer.from([0xff, 0xfe])),
  ]);
  await h.settle();
  return { ...h, admin: h.adminOf(ingest) };
};

test('letters are listed newest first, page by page, with how many there are of each reason', async () => {
  const { admin } = await withLetters();
  const all = await page(admin);
  expect(all.letters.map(({ id }) => id)).toEqual(['5', '4', '2', '1', '0'].map((offset) => `epoch-1/0/${offset}`));
  expect(all).toMatchObject({
    total: 5,
    reasons: [
      { reason: 'malformed_json', open: 2, replayed: 0, lost: 0 },
      { reason: 'unknown_store', open: 2 },
      { reason: 'unknown_type', open: 1 },
    ],
    next_cursor: null,
  });
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const one = await page(admin, { limit: 2, cursor });
    expect(one.total).toBe(5);
    ids.push(...one.letters.map(({ id }) => id));
    cursor = one.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(ids).toEqual(all.letters.map(({ id }) => id));
});

test('letters are found by reason, store, time and state', async () => {
  const { admin } = await withLetters();
  const count = async (query: Parameters<typeof page>[1]) => (await page(admin, query)).total;
  expect(await count({ reason: 'unknown_store' })).toBe(2);
  expect(await count({ store: 'nobody' })).toBe(2);
  expect(await count({ store: 'demo' })).toBe(3);
  expect(await count({ store: 'demo', reason: 'unknown_type' })).toBe(1);
  expect(await count({ store: 'elsewhere' })).toBe(0);
  const [from, to] = [NOW + 2, NOW + 4].map((ms) => new Date(ms).toISOString());
  expect(await count({ from, to })).toBe(2);
  expect(await count({ state: 'open' })).toBe(5);
  expect(await count({ state: 'replayed' })).toBe(0);
});

test('a letter that a repeated batch wrote again is one letter', async () => {
  const { admin, fakeLog } = await withLetters();
  const again = fakeLog.records(DEAD_LETTERS_TOPIC).map(({ key, value, headers }) => ({
    key: key ?? '',
    value,
    headers,
    timestamp: NOW + 99,
  }));
  fakeLog.append(DEAD_LETTERS_TOPIC, again);
  expect(await page(admin)).toMatchObject({ total: 5, letters: { length: 5 } });
});

test('a letter is shown as it was: text as text, other bytes as base64, with why and what to do', async () => {
  const { admin, fakeLog } = await withLetters();
  expect(await admin.ask(SHOW_LETTER, { query: { id: '0/1' } })).toMatchObject({
    id: 'epoch-1/0/1',
    short_id: '0/1',
    reason: 'unknown_store',
    field: 'store_id',
    message: 'store_id ("nobody") is no store here; create it, or mend store_id',
    remedy: expect.stringContaining('cartledger store create'),
    key: { encoding: 'utf8', data: 'nobody:v1' },
    value: { encoding: 'utf8', data: String(fakeLog.records(EVENTS_TOPIC)[1]?.value) },
    state: 'open',
    stub: null,
  });
  expect(await admin.ask(SHOW_LETTER, { query: { id: 'epoch-1/0/5' } })).toMatchObject({
    value: { encoding: 'base64', data: '//4=' },
  });
  for (const id of ['0/3', 'epoch-2/0/1', 'x', '0/99999999999999999999'])
    expect(await admin.send('GET', `/dead-letters/letter?id=${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_letter' } },
    });
});

test('every reason has a remedy', () => {
  for (const code of [...REJECT_CODES, 'of_another_version']) expect(remedyFor(code)).toMatch(/^.{40,}\.$/);
});

test('what is asked wrongly is told by name', async () => {
  const { admin } = await withLetters();
  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['from=yesterday', 'from'],
    ['state=new', 'state'],
    ['cursor=x', 'cursor'],
  ])
    expect(await admin.send('GET', `/dead-letters?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', field } },
    });
});

test('only an admin key is let in', async () => {
  const { admin, control } = await withLetters();
  await control.stores.create('demo');
  const { key } = await control.keys.create('demo', 'reports:read');
  const status = async (token: string | null) => (await admin.send('GET', '/dead-letters', undefined, token)).status;
  expect(await status(null)).toBe(401);
  expect(await status('ck_a_nothing')).toBe(401);
  expect(await status(key)).toBe(403);
  expect((await admin.send('GET', '/nothing')).status).toBe(404);
});
