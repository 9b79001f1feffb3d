/**
 * The built dashboard over made-up reports, for looking at it without a server: `node dev/mock-server.ts [port]`.
 * Stores: `northwind` (a usual shop, two currencies), `atlas` (large numbers, yen), `quiet` (other days only),
 * `fresh` (never sent anything), `new` (not even looked at), `alarm` (does not reconcile), `broken` (its reports fail), `slow` (2 s an answer).
 */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join } from 'node:path';
import { REFUNDS_ON, type RefundsOn } from '@cartledger/funnel';
import { addDays } from '../src/period/day.ts';
import {
  abandonmentFixture,
  currencyFixture,
  funnelFixture,
  type HeadFixture,
  revenueFixture,
  storeFixture,
} from './fixtures.ts';

const DIST = join(import.meta.dirname, '../dist');
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
/** As services/api sends it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STORES = [
  storeFixture('northwind'),
  storeFixture('atlas', 'JPY', 'Asia/Tokyo'),
  storeFixture('quiet'),
  storeFixture('fresh'),
  storeFixture('new'),
  storeFixture('alarm'),
  storeFixture('broken'),
  storeFixture('slow'),
];

type Answer = { status: number; body: unknown };
const refuse = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

const scaleOf = (store: string, days: number): number => {
  if (store === 'fresh' || (store === 'quiet' && days < 60)) return 0;
  return store === 'atlas' ? 2_431 * days : days / 30;
};

const reportOf = (store: string, name: string, from: string, to: string, refunds_on: RefundsOn): Answer => {
  const info = STORES.find(({ store_id }) => store_id === store);
  if (info === undefined) return refuse(404, 'no_store', `There is no store ${store}.`);
  if (store === 'new') return refuse(409, 'not_ready', 'Nothing of store new has been taken in yet.');
  if (store === 'broken') return refuse(503, 'clickhouse_down', 'ClickHouse does not answer; Cartledger keeps trying.');
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
  const scale = scaleOf(store, days);
  const head: Partial<HeadFixture> = {
    store_id: store,
    from,
    to,
    timezone: info.time_zone,
    as_of: new Date(Date.now() - 2_000).toISOString(),
    open_from: addDays(to, -7) < from ? from : addDays(to, -7),
    warnings:
      store === 'alarm'
        ? [{ code: 'stage_without_events', message: 'No event has matched the stage checkout.payment for 30 days.' }]
        : [],
  };
  const others = store === 'northwind' ? ['EUR', 'USD'] : [info.currency];
  switch (name) {
    case 'funnel':
      return { status: 200, body: funnelFixture(scale, head) };
    case 'abandonment':
      return { status: 200, body: abandonmentFixture(scale, head, others) };
    default: {
      const currencies = others.map((code, index) => [
        code,
        currencyFixture(scale / 4 ** index, store === 'alarm' ? 1_999 : 0),
      ]);
      const report = revenueFixture(head, scale === 0 ? {} : Object.fromEntries(currencies));
      return { status: 200, body: { ...report, refunds_on } };
    }
  }
};

const answer = (url: URL, authorization: string | undefined): Answer => {
  if (authorization !== 'Bearer demo') return refuse(401, 'bad_token', 'This key is unknown or revoked.');
  if (url.pathname === '/api/v1/stores') return { status: 200, body: { stores: STORES } };
  const [, store = '', name = ''] = /^\/api\/v1\/stores\/([^/]+)\/reports\/(\w+)$/.exec(url.pathname) ?? [];
  const asked = url.searchParams;
  const refundsOn = REFUNDS_ON.find((day) => day === asked.get('refunds_on')) ?? 'refund';
  return reportOf(store, name, asked.get('from') ?? '', asked.get('to') ?? '', refundsOn);
};

export const createMock = (): Server =>
  createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock');
    if (url.pathname.startsWith('/api/')) {
      const { status, body } = answer(url, request.headers.authorization);
      const send = (): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (url.pathname.includes('/slow/')) setTimeout(send, 2_000);
      else send();
      return;
    }
    const file = extname(url.pathname) === '' ? '/index.html' : url.pathname;
    readFile(join(DIST, file)).then(
      (bytes) =>
        response
          .writeHead(200, {
            'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
            'content-security-policy': POLICY,
          })
          .end(bytes),
      () => response.writeHead(404).end(),
    );
  });

if (import.meta.main) {
  const port = Number(process.argv[2] ?? 8460);
  createMock().listen(port, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${port}/#token=demo\n`));
}
