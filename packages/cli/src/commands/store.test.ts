import { expect, test } from 'vitest';
import { cartledger } from '../testing/in-process.ts';
import { createLocal } from '../testing/local.ts';

const { dir, file } = createLocal();
const local = (...args: string[]) => cartledger([...args, '--data', dir()]);

test('store set prints what changed, and from when', async () => {
  const change = file('change.yaml', 'idle: 20m\ntargets: {purchase: 2.5%}\n');
  expect(await local('store', 'set', 'shop', '--file', change, '--from', '2026-11-01')).toEqual({
    status: 0,
    out: 'for all history: targets.purchase: (none) -> 2.5%\nfrom 2026-11-01: idle: 30m -> 20m\n',
    err: [
      'Store shop has version 2 of its definition, in force from 2026-11-01 on.',
      'Where it counts otherwise than before, reports follow as soon as all has been counted anew.',
      '',
    ].join('\n'),
  });
});

test('store create takes a file, options before it', async () => {
  const asked = file('new.yaml', 'stages: [visit, purchase]\ncurrency: JPY\n');
  const made = await local('store', 'create', 'filed', '--file', asked, '--currency', 'EUR');
  expect(made.status).toBe(0);
  expect(made.err).toContain('Store filed is made. Next: a key');
  expect(made.err).toContain('No event has matched its stages yet (visit, purchase).');
});

test('the help of report names the figures that can be explained', async () => {
  const { status, out } = await local('report', '--help');
  expect(status).toBe(0);
  expect(out).toContain('currency=EUR,figure=timing|difference');
});

test('store set says when nothing changes', async () => {
  const same = file('same.yaml', 'idle: 30m');
  expect(await local('store', 'set', 'shop', '--file', same)).toEqual({
    status: 0,
    out: '',
    err: 'nothing changes: store shop stays at version 1 of its definition.\n',
  });
});

test('a file that cannot be used is wrong usage, and every problem is told', async () => {
  const bad = file('bad.yaml', 'idle: soon\ncurrency: euro\n');
  const problems =
    `${bad}:1:7: idle is soon: no time span, give it with its unit: 30m, 12h, 7d.\n` +
    `${bad}:2:11: currency is euro: not an ISO 4217 currency code in capitals, such as EUR.\n`;
  const [set, create, missing] = await Promise.all([
    local('store', 'set', 'shop', '--file', bad),
    local('store', 'create', 'other', '--file', bad),
    local('store', 'set', 'shop', '--file', 'none.yaml'),
  ]);
  expect(set).toEqual({ status: 2, out: '', err: problems });
  expect(create).toEqual({ status: 2, out: '', err: problems });
  expect(missing).toMatchObject({ status: 1, err: expect.stringContaining('none.yaml cannot be read') });
});

test('what store show prints is taken back by store set', async () => {
  const [yaml, json, older, unknown] = await Promise.all([
    local('store', 'show', 'gold'),
    local('store', 'show', 'gold', '--format', 'json'),
    local('store', 'show', 'gold', '--definition-version', '1'),
    local('store', 'show', 'gold', '--definition-version', '3'),
  ]);
  expect(yaml.out).toMatch(/^# Store gold, version 2 .*: 1 for all history; 2 from 2026-11-01 on\.\ntime_zone: UTC\n/);
  expect(yaml.out).toContain('targets:\n  purchase: 2.5%\n');
  expect(JSON.parse(json.out)).toMatchObject({ idle: '5s', funnels: [{ window: '7d' }, {}] });
  expect(older.out).toContain('\nidle: 30m\n');
  expect(unknown).toMatchObject({ status: 1, err: expect.stringContaining('it has 1, 2') });
  const shown = file('shown.yaml', older.out);
  expect((await local('store', 'set', 'shop', '--file', shown)).err).toContain('nothing changes');
});
