import { expect, test } from 'vitest';
import { LETTER, page, replay, SHOWN } from '../testing/canned-ingest.ts';
import { refusal } from '../testing/canned-server.ts';
import { createTold } from '../testing/told.ts';

const told = createTold();
const body = (answer: unknown) => ({ body: answer });
const letters = (answers: readonly unknown[], ...args: string[]) => told(answers.map(body), 'dead-letters', ...args);

test('letters are listed in each format, as the options say', async () => {
  const run = (format: string) =>
    letters([page(2, [13, 12])], 'list', '--reason', 'unknown_store', '--state', 'open', '--format', format);
  const [table, json, csv] = await Promise.all([run('table'), run('json'), run('csv')]);
  expect(table.asked).toEqual(['GET /api/v1/ingest/dead-letters?reason=unknown_store&state=open&limit=50']);
  expect(table.status).toBe(0);
  expect(table.out).toMatch(/^2 letters \(times are UTC\)\n {2}unknown_store: 2 open\n/);
  expect(table.out).toContain('│ 0/13 ');
  expect(table.err).toBe('One of them whole: cartledger dead-letters show LETTER\n');
  expect([json.status, JSON.parse(json.out)]).toEqual([0, page(2, [13, 12])]);
  expect(csv.out.split('\n').slice(0, 2)).toEqual([
    'id,set_aside_at,reason,field,store_id,topic_epoch,partition,offset,bytes,stub,state,replay_of',
    'abc/0/13,2026-11-22T10:00:00.000Z,unknown_store,store_id,nobody,abc,0,13,21,false,open,',
  ]);
});

test('a page says what follows it; --all asks for all', async () => {
  const pages = [page(3, [14, 13], 'two'), page(3, [12])];
  const [one, all] = await Promise.all([
    letters(pages, 'list', '--limit', '2'),
    letters(pages, 'list', '--all', '--format', 'json'),
  ]);
  expect(one.asked).toEqual(['GET /api/v1/ingest/dead-letters?limit=2']);
  expect(one.err).toContain('2 are shown, the newest first; --all prints all, --cursor two those that follow.');
  expect(all.asked).toEqual([
    'GET /api/v1/ingest/dead-letters?limit=1000',
    'GET /api/v1/ingest/dead-letters?limit=1000&cursor=two',
  ]);
  expect(JSON.parse(all.out)).toMatchObject({ letters: [{ offset: 14 }, { offset: 13 }, { offset: 12 }] });
});

test('that there is none is said, and no failure', async () => {
  const [none, meant, replays] = await Promise.all([
    letters([page(0, [])], 'list'),
    letters([page(0, [])], 'list', '--store', 'shop'),
    letters([{ replays: [] }], 'replays'),
  ]);
  expect(none).toMatchObject({ status: 0, out: '', err: 'There are no dead letters.\n' });
  expect(meant).toMatchObject({ status: 0, out: '', err: 'No dead letter is meant by that.\n' });
  expect(replays).toMatchObject({ status: 0, out: '', err: 'Nothing has been replayed.\n' });
});

test('a letter is shown for a person, as JSON, or as its bytes alone', async () => {
  const stub = { ...SHOWN, value: null, stub: { sha256: 'f00', bytes: 1_200_000 } };
  const [shown, json, raw, none, unknown] = await Promise.all([
    letters([SHOWN], 'show', '0/12'),
    letters([SHOWN], 'show', '0/12', '--json'),
    letters([SHOWN], 'show', '0/12', '--raw'),
    letters([stub], 'show', '0/12', '--raw'),
    told([refusal(404, 'unknown_letter', 'There is no dead letter "0/99".')], 'dead-letters', 'show', '0/99'),
  ]);
  expect(shown).toMatchObject({ status: 0, err: '', asked: ['GET /api/v1/ingest/dead-letters/letter?id=0%2F12'] });
  expect(shown.out).toContain('What to do Make it, then replay.\n');
  expect(JSON.parse(json.out)).toEqual(SHOWN);
  expect(raw).toMatchObject({ status: 0, out: '{"store_id":"nobody"}' });
  expect(none).toMatchObject({ status: 1, out: '', err: 'letter 0/12 has no bytes\n' });
  expect(unknown).toMatchObject({ status: 1, err: 'There is no dead letter "0/99". (unknown_letter)\n' });
});

test('a replay is begun, gone on with to its end, and its outcome told', async () => {
  const steps = [replay(1_200, 0), replay(1_200, 500), replay(1_200, 1_200)].map((one) => ({ replay: one }));
  const ran = await letters(steps, 'replay', '--reason', 'unknown_store');
  expect(ran.asked).toEqual([
    'POST /api/v1/ingest/dead-letters/replays {"reason":"unknown_store","again":false}',
    'POST /api/v1/ingest/dead-letters/replays {"run":7}',
    'POST /api/v1/ingest/dead-letters/replays {"run":7}',
  ]);
  expect(ran).toMatchObject({ status: 0, out: '', err: expect.stringContaining('Replay 7: 1,200 letters sent once') });
});

test('one that did not come to its end is gone on with; what is lost is told with status 1', async () => {
  const ran = await letters([{ replay: replay(3, 1) }, { replay: replay(3, 2, 1) }], 'replay', '0/1', '--again');
  expect(ran.asked[0]).toBe('POST /api/v1/ingest/dead-letters/replays {"ids":["0/1"],"again":true}');
  expect(ran.status).toBe(1);
  expect(ran.err).toContain('Going on with replay 7, begun 2026-11-01T10:00:00Z: 1 of 3 are done.');
  expect(ran.err).toContain('1 is lost: the log does not have the bytes any more.');
});

test('while another replay is at work it is waited for', async () => {
  const busy = refusal(503, 'busy', 'Another replay is at work.');
  const ran = await told([busy, body({ replay: replay(1, 1) })], 'dead-letters', 'replay', '--all');
  expect(ran).toMatchObject({ status: 0, asked: { length: 2 } });
});

test('a dry run counts what would be replayed, and sends nothing', async () => {
  const [chosen, named, nothing] = await Promise.all([
    letters([page(1_200, [12])], 'replay', '--store', 'nobody', '--dry-run'),
    letters([SHOWN, { ...SHOWN, state: 'replayed' }], 'replay', '0/12', '0/13', '--dry-run'),
    letters([{ replay: null }], 'replay', '--all'),
  ]);
  expect(chosen).toMatchObject({ status: 0, err: '1,200 letters would be replayed.\n' });
  expect(chosen.asked).toEqual(['GET /api/v1/ingest/dead-letters?store=nobody&limit=1']);
  expect(named).toMatchObject({ status: 0, err: '1 letter would be replayed.\n' });
  expect(nothing).toMatchObject({ status: 0, err: expect.stringContaining('Nothing to replay') });
});

test('replays are listed in each format', async () => {
  const replays = [replay(3, 2, 1), replay(1_200, 500)];
  const run = (format: string) => letters([{ replays }], 'replays', '--format', format);
  const [table, json, csv] = await Promise.all([run('table'), run('json'), run('csv')]);
  expect(table.out).toContain('│ reason unknown_store │');
  expect(JSON.parse(json.out)).toEqual({ replays });
  expect(csv.out.split('\n')).toEqual([
    'replay,begun,ended,letters,replayed,lost,which,by key',
    '7,2026-11-01T10:00:00Z,2026-11-01T10:00:00Z,3,2,1,reason unknown_store,key1',
    '7,2026-11-01T10:00:00Z,,1200,500,0,reason unknown_store,key1',
    '',
  ]);
});

test.each([
  [['replay'], 'which letters? Name them'],
  [['show'], "missing required argument 'letter'"],
  [['list', '--state', 'new'], 'Allowed choices are open, replayed, lost'],
  [['list', '--from', 'yesterday'], 'give a time such as'],
  [['list', '--limit', '0'], 'a whole number above 0'],
])('what means no letters is refused before anybody is asked: %j', async (args, why) => {
  const { status, out, err, asked } = await letters([LETTER], ...args);
  expect({ status, out, asked }).toEqual({ status: 2, out: '', asked: [] });
  expect(err).toContain(why);
});
