/** The command as a shell runs it, against a server of canned answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { FUNNEL, TOKEN } from './testing/canned-answers.ts';
import type { Ran } from './testing/in-process.ts';
import { createLocal } from './testing/local.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const { dir, file, url } = createLocal();

/** Runs it in the directory of a local instance's data, with nothing of this process's own configuration. */
const cartledger = async (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> => {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir(),
    // Compiled once for all runs of this file: half of what a run costs.
    env: { PATH: '/usr/bin:/bin', NODE_COMPILE_CACHE: join(dir(), 'compiled'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status, out, err };
};
const local = (...args: string[]): Promise<Ran> => cartledger([...args, '--data', dir()]);

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

describe('exit status 1, in a sentence', () => {
  test.concurrent('a server that is down, or is no Cartledger', async () => {
    const run = (address: string) => cartledger(['store', 'list', '--url', address, '--token', TOKEN]);
    const [down, other] = await Promise.all([run('http://127.0.0.1:1'), run(`${url()}/proxy`)]);
    expect(down.status).toBe(1);
    expect(down.err).toMatch(
      /^no answer from http:\/\/127\.0\.0\.1:1 \(.+\): is it running\? Start it with `npm start`\.\n$/,
    );
    expect(other).toEqual({
      status: 1,
      out: '',
      err: `${url()}/proxy answers, but not as Cartledger does: is the address right?\n`,
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
    file('history.ndjson', lines.join('\n'));
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
    [['report', 'funnel', '--store', 'shop', '--refunds-on', 'order'], '--refunds-on is for revenue'],
    [['report', 'revenue', '--store', 'shop', '--refunds-on', 'day'], 'Allowed choices are refund, order.'],
    [
      ['report', 'funnel', '--store', 'shop', '--window', '5'],
      'with its unit: 5d, 12h, 30m (milliseconds: --window-ms)',
    ],
    [['explain', '--store', 'shop'], 'Give --visitor ID or --cart KEY'],
    [['fx', 'import', 'rates.csv', '--source', 'E C B'], 'such as ecb.'],
    [['keys', 'create', '--store', 'shop', '--scope', 'reports:read', '--rate', '5'], 'keys of scope events:write'],
    [['keys', 'create', '--store', 'shop', '--scope', 'events:write', '--rate', '0'], 'a whole number above 0'],
    [['keys', 'list', '--admin'], 'set CARTLEDGER_POSTGRES_URL'],
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
