/** The command as a shell runs it, against a server of canned answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answer, FUNNEL, TOKEN } from './canned-answers.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

let dir = '';
let server: Server;
let url = '';

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-cli-'));
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const {
        status,
        body: content,
        type,
      } = answer(`${request.method} ${request.url}`, request.headers.authorization ?? '', body);
      response.writeHead(status, { 'content-type': type ?? 'application/json' });
      response.end(typeof content === 'string' ? content : JSON.stringify(content));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
  writeFileSync(join(dir, 'instance.json'), JSON.stringify({ url, admin_token: TOKEN, pid: 1 }));
});

afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

type Ran = { status: number | null; out: string; err: string };

/** Runs it in the directory of a local instance's data, with nothing of this process's own configuration. */
const cartledger = async (args: string[], env: Record<string, string> = {}): Promise<Ran> => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    // Compiled once for all runs of this file: half of what a run costs.
    env: { PATH: '/usr/bin:/bin', NODE_COMPILE_CACHE: join(dir, 'compiled'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
};

const local = (...args: string[]): Promise<Ran> => cartledger([...args, '--data', dir]);

describe('exit status 0', () => {
  test.concurrent('keys create prints the key and nothing else', async () => {
    expect(await local('keys', 'create', '--store', 'shop', '--scope', 'events:write')).toEqual({
      status: 0,
      out: 'ck_w_new\n',
      err: '',
    });
  });

  test.concurrent('keys create asks for the rate it is given', async () => {
    const ran = await local('keys', 'create', '--store', 'shop', '--scope', 'events:write', '--rate', '50');
    expect(ran).toMatchObject({ status: 0, out: 'ck_w_at_50\n' });
  });

  test.concurrent('a report in each format has its numbers alone on standard output', async () => {
    const run = (format: string) => local('report', 'funnel', '--store', 'shop', '--format', format);
    const [json, csv, table] = await Promise.all([run('json'), run('csv'), run('table')]);
    expect([json.status, csv.status, table.status]).toEqual([0, 0, 0]);
    expect(JSON.parse(json.out)).toEqual(FUNNEL);
    expect(csv.out).toMatch(/^table,report,store_id,/);
    expect(csv.out).toContain('\nstages,visit,4,4,1,,4,,\n');
    expect(table.out).toContain('100.00 %');
    for (const { err } of [csv, table]) expect(err).toContain('warning: Nothing for 30 days.');
  });

  test.concurrent('a funnel is asked for as the options say, and broken down in one table', async () => {
    const options = '--unit session --window 12h --breakdown device --breakdown-values 3 --definition-version 2';
    const { status, out } = await local('report', 'funnel', '--store', 'shop', ...options.split(' '));
    expect(status).toBe(0);
    expect(out).toMatch(/By device\n.*\n│ device │ visit │\n.*\n│ phone {2}│ {5}4 │/);
  });

  test.concurrent('a token given for the local instance is the one that is used', async () => {
    expect(await local('store', 'list', '--format', 'csv')).toMatchObject({
      status: 0,
      out: 'store_id,time_zone,currency,stages\nshop,UTC,EUR,visit\n',
    });
    expect(await local('store', 'list', '--token', 'other')).toMatchObject({
      status: 1,
      err: 'The token is unknown or revoked. (bad_token)\n',
    });
  });
});

describe('what is behind the numbers', () => {
  const behind = (...args: string[]) =>
    local('report', 'funnel', '--store', 'shop', '--explain', 'stage=visit', ...args);

  test.concurrent('a figure is listed: a page, or all of them in each format', async () => {
    const [page, all, json] = await Promise.all([
      behind(),
      behind('--all', '--format', 'csv'),
      behind('--all', '--format', 'json'),
    ]);
    expect(page.status).toBe(0);
    expect(page.out).toMatch(/^funnel stage=visit,figure=units: 3 visitors\n/);
    expect(page.out).toContain('│ v2 ');
    expect(page.err).toBe('2 of 3 are shown; --all prints all of them, --limit another number.\n');
    expect(all.out.split('\n')).toEqual([
      'id,visitor_id,at,day,amount,note',
      'v1,v1,2026-11-01T10:00:00.000Z,2026-11-01,,reached visit',
      'v2,v2,2026-11-01T10:00:00.000Z,2026-11-01,,reached visit',
      'v3,v3,2026-11-01T10:00:00.000Z,2026-11-01,,reached visit',
      '',
    ]);
    expect(JSON.parse(json.out)).toMatchObject({ rows: [{ id: 'v1' }, { id: 'v2' }, { id: 'v3' }], next_cursor: null });
  });

  test.concurrent('a life is told, and what was restated', async () => {
    const [life, restated] = await Promise.all([
      local('explain', '--store', 'shop', '--visitor', 'v1'),
      local('restatements', '--store', 'shop', '--from', '2026-11-01', '--format', 'csv'),
    ]);
    expect(life.out).toContain('2026-11-01 10:00:00.000  visit e1\n');
    expect(life.out).toContain('No cart is open. (no_cart_yet)\n');
    expect(restated.out).toBe(
      'day,figure,from,to,cause,at\n2026-11-01,revenue EUR orders.count,1,2,late_order,2026-11-03T10:00:00.000Z\n',
    );
  });

  test.concurrent('rates are stored, all or none', async () => {
    writeFileSync(join(dir, 'rates.csv'), 'day,currency,base,rate\n2026-11-20,USD,EUR,0.86\n');
    writeFileSync(join(dir, 'wrong.csv'), 'day,currency,base,rate\n2026-11-20,USD,EUR,0,86\n');
    const run = (file: string) => local('fx', 'import', file, '--source', 'ecb');
    const [stored, wrong] = await Promise.all([run('rates.csv'), run('wrong.csv')]);
    expect(stored).toEqual({
      status: 0,
      out: '',
      err: '1 rate of ecb stored. Stores whose fx_source is ecb convert their totals by them.\n',
    });
    expect(wrong).toEqual({ status: 2, out: '', err: 'wrong.csv:2: has 5 values, not 4.\nNo rate was stored.\n' });
  });
});

describe('store files', () => {
  test.concurrent('store set prints what changed, and from when', async () => {
    writeFileSync(join(dir, 'change.yaml'), 'idle: 20m\ntargets: {purchase: 2.5%}\n');
    expect(await local('store', 'set', 'shop', '--file', 'change.yaml', '--from', '2026-11-01')).toEqual({
      status: 0,
      out: 'for all history: targets.purchase: (none) -> 2.5%\nfrom 2026-11-01: idle: 30m -> 20m\n',
      err: [
        'Store shop has version 2 of its definition, in force from 2026-11-01 on.',
        'Where it counts otherwise than before, reports follow as soon as all has been counted anew.',
        '',
      ].join('\n'),
    });
  });

  test.concurrent('store create takes a file, options before it', async () => {
    writeFileSync(join(dir, 'new.yaml'), 'stages: [visit, purchase]\ncurrency: JPY\n');
    const made = await local('store', 'create', 'filed', '--file', 'new.yaml', '--currency', 'EUR');
    expect(made.status).toBe(0);
    expect(made.err).toContain('Store filed is made. Next: a key');
    expect(made.err).toContain('No event has matched its stages yet (visit, purchase).');
  });

  test.concurrent('the help of report names the figures that can be explained', async () => {
    const { status, out } = await local('report', '--help');
    expect(status).toBe(0);
    expect(out).toContain('currency=EUR,figure=timing|difference');
  });

  test.concurrent('store set says when nothing changes', async () => {
    writeFileSync(join(dir, 'same.yaml'), 'idle: 30m');
    expect(await local('store', 'set', 'shop', '--file', 'same.yaml')).toEqual({
      status: 0,
      out: '',
      err: 'nothing changes: store shop stays at version 1 of its definition.\n',
    });
  });

  test.concurrent('a file that cannot be used is wrong usage, and every problem is told', async () => {
    writeFileSync(join(dir, 'bad.yaml'), 'idle: soon\ncurrency: euro\n');
    const problems =
      'bad.yaml:1:7: idle is soon: no time span, give it with its unit: 30m, 12h, 7d.\n' +
      'bad.yaml:2:11: currency is euro: not an ISO 4217 currency code in capitals, such as EUR.\n';
    const [set, create, missing] = await Promise.all([
      local('store', 'set', 'shop', '--file', 'bad.yaml'),
      local('store', 'create', 'other', '--file', 'bad.yaml'),
      local('store', 'set', 'shop', '--file', 'none.yaml'),
    ]);
    expect(set).toEqual({ status: 2, out: '', err: problems });
    expect(create).toEqual({ status: 2, out: '', err: problems });
    expect(missing).toMatchObject({ status: 1, err: expect.stringContaining('none.yaml cannot be read') });
  });

  test.concurrent('what store show prints is taken back by store set', async () => {
    const [yaml, json, older, unknown] = await Promise.all([
      local('store', 'show', 'gold'),
      local('store', 'show', 'gold', '--format', 'json'),
      local('store', 'show', 'gold', '--definition-version', '1'),
      local('store', 'show', 'gold', '--definition-version', '3'),
    ]);
    expect(yaml.out).toMatch(
      /^# Store gold, version 2 .*: 1 for all history; 2 from 2026-11-01 on\.\ntime_zone: UTC\n/,
    );
    expect(yaml.out).toContain('targets:\n  purchase: 2.5%\n');
    expect(JSON.parse(json.out)).toMatchObject({ idle: '5s', funnels: [{ window: '7d' }, {}] });
    expect(older.out).toContain('\nidle: 30m\n');
    expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('it has 1, 2') });
    writeFileSync(join(dir, 'shown.yaml'), older.out);
    expect((await local('store', 'set', 'shop', '--file', 'shown.yaml')).err).toContain('nothing changes');
  });
});

describe('exit status 1, in a sentence', () => {
  test.concurrent('a server that is down, or is no Cartledger', async () => {
    const run = (address: string) => cartledger(['store', 'list', '--url', address, '--token', TOKEN]);
    const [down, other] = await Promise.all([run('http://127.0.0.1:1'), run(`${url}/proxy`)]);
    expect(down.status).toBe(1);
    expect(down.err).toMatch(
      /^no answer from http:\/\/127\.0\.0\.1:1 \(.+\): is it running\? Start it with `npm start`\.\n$/,
    );
    expect(other).toEqual({
      status: 1,
      out: '',
      err: `${url}/proxy answers, but not as Cartledger does: is the address right?\n`,
    });
  });

  test.concurrent('a funnel over several versions, with the option that names one', async () => {
    const ran = await local('report', 'funnel', '--store', 'shop', '--from', '2025-12-01');
    expect(ran.status).toBe(1);
    expect(ran.err).toContain('or count the whole period by one with --definition-version 2 (several_versions)');
  });

  test.concurrent('a server that is busy has made no store', async () => {
    expect(await local('store', 'create', 'other')).toEqual({
      status: 1,
      out: '',
      err: 'The store cannot be made at this moment. (unavailable)\n',
    });
  });

  test.concurrent('no instance on the data directory', async () => {
    const ran = await cartledger(['store', 'list', '--data', 'nothing-here']);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain('no Cartledger is running on nothing-here');
  });

  test.concurrent('an import with lines that are not taken in tells which, and the rest is in', async () => {
    const event = { type: 'visit', visitor_id: 'v', occurred_at: '2026-11-01T10:00:00Z' };
    const lines = [JSON.stringify({ event_id: 'a', ...event }), '{', JSON.stringify({ event_id: 'refused', ...event })];
    writeFileSync(join(dir, 'history.ndjson'), lines.join('\n'));
    const run = (store: string) => local('import', '--store', store, '--format', 'canonical', 'history.ndjson');
    const [ran, nowhere] = await Promise.all([run('shop'), run('nowhere')]);
    expect(ran.status).toBe(1);
    expect(ran.err.split('\n')).toEqual([
      'history.ndjson: line 2: is not JSON; write one event a line',
      'history.ndjson: line 3: type ("party") is no event type',
      '1 event taken in, 2 not (repeated deliveries count once in every report).',
      'The reports include them.',
      '2 lines were not taken in; mend and import them again',
      '',
    ]);
    expect(nowhere).toMatchObject({ status: 1, err: 'There is no store of that name. (unknown_store)\n' });
  });
});

describe('exit status 2', () => {
  test.concurrent.each([
    [['report', 'funnel', '--store', 'shop', '--from', '2026-02-30'], 'give a day as YYYY-MM-DD.'],
    [['store', 'list', '--url', 'nowhere', '--token', 't'], 'give an address such as http://127.0.0.1:8400.'],
    [['store', 'list', '--url', 'http://127.0.0.1:1'], '--url needs --token (or CARTLEDGER_TOKEN) as well'],
    [['report', 'quality', '--store', 'shop', '--explain', 'x=y'], '--explain is for funnel, abandonment, revenue'],
    [
      ['report', 'revenue', '--store', 'shop', '--definition-version', '1'],
      '--definition-version is for funnel and pipeline',
    ],
    [
      ['report', 'funnel', '--store', 'shop', '--window', '5'],
      'with its unit: 5d, 12h, 30m (milliseconds: --window-ms)',
    ],
    [['explain', '--store', 'shop'], 'Give --visitor ID or --cart KEY'],
    [['fx', 'import', 'rates.csv', '--source', 'E C B'], 'such as ecb.'],
    [['keys', 'create', '--store', 'shop', '--scope', 'reports:read', '--rate', '5'], 'keys of scope events:write'],
    [['keys', 'create', '--store', 'shop', '--scope', 'events:write', '--rate', '0'], 'a whole number above 0'],
    [['migrate'], 'CARTLEDGER_CLICKHOUSE_URL and CARTLEDGER_POSTGRES_URL: set both'],
  ])('wrong usage: %j', async (args, told) => {
    const ran = await cartledger(args);
    expect(ran).toMatchObject({ status: 2, out: '' });
    expect(ran.err).toContain(told);
  });

  test.concurrent('an environment that cannot be used is named, without a stack or the value', async () => {
    const ran = await cartledger(['store', 'list'], { CARTLEDGER_URL: 'junk', CARTLEDGER_TOKEN: TOKEN });
    expect(ran).toEqual({
      status: 2,
      out: '',
      err: 'the environment cannot be used: CARTLEDGER_URL: Invalid URL\n',
    });
  });
});
