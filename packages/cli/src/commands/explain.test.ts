import { expect, test } from 'vitest';
import { explanation } from '../testing/canned-answers.ts';
import { refusal } from '../testing/canned-server.ts';
import { cartledger } from '../testing/in-process.ts';
import { createLocal } from '../testing/local.ts';
import { createTold } from '../testing/told.ts';

const { dir, file } = createLocal();
const told = createTold();
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
  expect(head).toContain(', Asia/Kathmandu, ');
  expect(page.out).toContain('│ 2026-11-01 15:45:00.000 │ v2 ');
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

test('a figure that is none is wrong usage; a list that moved on between two pages has failed, and may be asked for again', async () => {
  const ask = (...answers: Parameters<typeof told>[0]) =>
    told(answers, 'report', 'funnel', '--store', 'shop', '--explain', 'stage=visit', '--all', '--format', 'csv');
  const [wrong, moved] = await Promise.all([
    ask(refusal(400, 'bad_figure', 'There is no such figure.')),
    ask({ body: explanation(['v1', 'v2'], 'two') }, refusal(400, 'bad_cursor', 'Begin again.')),
  ]);
  expect(wrong).toMatchObject({ status: 2, err: 'There is no such figure. (bad_figure)\n' });
  expect(moved.status).toBe(1);
  expect(moved.err).toContain('Begin again. (bad_cursor)\n');
});

test('a life is told, and what was restated', async () => {
  const restatements = (format: string) =>
    local('restatements', '--store', 'shop', '--from', '2026-11-01', '--format', format);
  const [life, restated, forPeople, json] = await Promise.all([
    local('explain', '--store', 'shop', '--visitor', 'v1'),
    restatements('csv'),
    restatements('table'),
    restatements('json'),
  ]);
  expect(life.out).toContain('2026-11-01 10:00:00.000  visit e1\n');
  expect(life.out).toContain('No cart is open. (no_cart_yet)\n');
  const [head, first, second] = restated.out.split('\n');
  expect(head).toBe('day,figure,from,to,cause,at');
  expect(first).toBe('2026-11-01,revenue EUR orders.count,1,2,late_order,2026-11-03T10:00:00.000Z');
  expect(second).toContain('gross_sales,123456,1234567890123456789012,late_order');
  expect(restated.err).toContain('Money is in minor units.');
  expect(JSON.parse(json.out)[1]).toMatchObject({ from: '123456', to: '1234567890123456789012' });
  // People read amounts as in reports; counts of something in a currency are none.
  const cells = forPeople.out.split('\n').flatMap((line) => {
    const [, , figure, from, to] = line.split('│').map((cell) => cell.trim());
    return figure === undefined ? [] : [[figure, from, to]];
  });
  expect(cells).toEqual([
    ['figure', 'from', 'to'],
    ['revenue EUR orders.count', '1', '2'],
    ['revenue EUR orders.gross_sales', '1234.56 EUR', '12345678901234567890.12 EUR'],
    ['revenue JPY bridge.orders_without_cart.no_add_seen', '0 JPY', '-900 JPY'],
    ['revenue KWD stages.checkout.shipping.left', '0.005 KWD', '1.250 KWD'],
    ['revenue KWD stages.checkout.shipping.carts', '5', '1250'],
    ['abandonment EUR reasons.EUR odd.value', '0.00 EUR', '0.07 EUR'],
    ['abandonment reasons.EUR odd.carts', '0', '7'],
    ['funnel visitor/ordered/604800000 stages.visit.units', '4', '5'],
    ['all', 'UTC', 'Europe/Berlin'],
  ]);
  expect(forPeople.err).not.toContain('minor');
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
