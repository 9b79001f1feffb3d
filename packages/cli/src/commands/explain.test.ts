import { expect, test } from 'vitest';
import { cartledger } from '../testing/in-process.ts';
import { createLocal } from '../testing/local.ts';

const { dir, file } = createLocal();
const local = (...args: string[]) => cartledger([...args, '--data', dir()]);

const behind = (...args: string[]) => local('report', 'funnel', '--store', 'shop', '--explain', 'stage=visit', ...args);

test('a figure is listed: a page, or all of them in each format', async () => {
  const [page, all, json] = await Promise.all([
    behind(),
    behind('--all', '--format', 'csv'),
    behind('--all', '--format', 'json'),
  ]);
  expect(page.status).toBe(0);
  const [head, title] = page.out.split('\n');
  expect(head).toMatch(/^shop: \S+ to \S+, \S+, as of \S+Z/);
  expect(title).toBe('funnel stage=visit,figure=units: 3 visitors');
  expect(page.out).toContain('│ v2 ');
  expect(page.err).toBe(
    'warning: Nothing for 30 days.\n2 of 3 are shown; --all prints all of them, --limit another number.\n',
  );
  expect(all.out.split('\n')).toEqual([
    'id,visitor_id,at,day,amount,currency,note',
    'v1,v1,2026-11-01T10:00:00.000Z,2026-11-01,,,reached visit',
    'v2,v2,2026-11-01T10:00:00.000Z,2026-11-01,,,reached visit',
    'v3,v3,2026-11-01T10:00:00.000Z,2026-11-01,,,reached visit',
    '',
  ]);
  expect(all.err).toMatch(/^shop: \S+ to \S+, /);
  expect(JSON.parse(json.out)).toMatchObject({ rows: [{ id: 'v1' }, { id: 'v2' }, { id: 'v3' }], next_cursor: null });
});

test('a life is told, and what was restated', async () => {
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

test('rates are stored, all or none', async () => {
  const rates = file('rates.csv', 'day,currency,base,rate\n2026-11-20,USD,EUR,0.86\n');
  const bad = file('wrong.csv', 'day,currency,base,rate\n2026-11-20,USD,EUR,0,86\n');
  const run = (path: string) => local('fx', 'import', path, '--source', 'ecb');
  const [stored, wrong] = await Promise.all([run(rates), run(bad)]);
  expect(stored).toEqual({
    status: 0,
    out: '',
    err: '1 rate of ecb stored. Stores whose fx_source is ecb convert their totals by them.\n',
  });
  expect(wrong).toEqual({ status: 2, out: '', err: `${bad}:2: has 5 values, not 4.\nNo rate was stored.\n` });
});
