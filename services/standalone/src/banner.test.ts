import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { banner } from './banner.ts';

const RUNNING = { url: 'http://127.0.0.1:8400', adminToken: 'ck_a_admin', clickhouseUrl: 'http://127.0.0.1:8123' };
const PLACE = { log: '/data/cartledger.log', data: resolve('.cartledger') };
const DEMO = { store_id: 'demo', writeKey: 'ck_w_1_ab-cd_ef' };

/** What the printed line hands to curl, as `shell` reads it. */
const argumentsOf = (shell: string, text: string): string[] => {
  const command = text.slice(text.indexOf('  curl '), text.indexOf('Ctrl-C'));
  const output = execFileSync(shell, ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
};

for (const shell of ['sh', 'bash'])
  test(`the curl line survives ${shell}: one event, now, with the key`, () => {
    const [url, , authorization, , type, , body = ''] = argumentsOf(shell, banner({ ...RUNNING, demo: DEMO }, PLACE));
    expect([url, authorization, type]).toEqual([
      'http://127.0.0.1:8400/v1/events',
      'authorization: Bearer ck_w_1_ab-cd_ef',
      'content-type: application/json',
    ]);
    const [event] = JSON.parse(body);
    expect(event).toMatchObject({
      type: 'add_to_cart',
      source: 'browser',
      visitor_id: 'me',
      currency: 'EUR',
      items: [{ quantity: 1 }],
    });
    expect(event.event_id).toMatch(/^try-\d{10,}$/);
    expect(event.session_id).toMatch(/^me-/);
    expect(event.occurred_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Math.abs(Date.now() - Date.parse(event.occurred_at))).toBeLessThan(60_000);
  });

test('without a demo the commands to copy name the data directory, unless it is the default one', () => {
  const told = (data: string) => banner({ ...RUNNING, demo: null }, { ...PLACE, data });
  expect(told(PLACE.data)).toMatch(/store create shop --time-zone Europe\/Berlin --currency EUR$/m);
  expect(told('/var/lib/cartledger')).toMatch(/--currency EUR --data \/var\/lib\/cartledger$/m);
  expect(told('/var/lib/cartledger')).toMatch(/--scope events:write --data \/var\/lib\/cartledger$/m);
  expect(told("/tmp/a 'b'")).toMatch(/--data '\/tmp\/a '\\''b'\\'''$/m);
});
