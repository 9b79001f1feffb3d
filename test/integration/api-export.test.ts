/** The whole way of an event: collector, log, ingest, ClickHouse, export. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApi, createReads } from '@cartledger/api';
import { createClickHouse, migrate } from '@cartledger/clickhouse';
import { createCollector } from '@cartledger/collector';
import { createControl } from '@cartledger/control';
import { createEmbeddedLog, DEAD_LETTERS_TOPIC, EVENTS_TOPIC } from '@cartledger/event-log';
import { parseExact } from '@cartledger/funnel';
import { createIngest } from '@cartledger/ingest';
import { createLogger, createMetrics, serveHttp } from '@cartledger/service';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';

const MIGRATIONS = fileURLToPath(new URL('../../schemas/clickhouse', import.meta.url));
const database = `api_export_${randomUUID().replaceAll('-', '')}`;
const analyticsDatabase = `${database}_analytics`;
const NOW = Date.now();

const stack = new AsyncDisposableStack();
let url: string;
let adminKey: string;
let exportLines: (store: string) => Promise<Record<string, unknown>[]>;
let send: (events: object[], importing?: boolean) => Promise<unknown>;

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-export-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const clickhouse = stack.use(createClickHouse({ url: inject('clickhouseUrl'), database }));
  await migrate(clickhouse, MIGRATIONS, { analyticsDatabase });
  stack.defer(async () => {
    for (const name of [analyticsDatabase, database]) await clickhouse.command(`DROP DATABASE IF EXISTS ${name}`);
  });
  const control = stack.use(createControl({ dialect: 'sqlite', path: ':memory:' }));
  await control.migrate();
  for (const store of ['shop', 'other', 'empty']) await control.stores.create(store);
  adminKey = (await control.keys.create(null, 'admin')).key;
  const log = stack.use(createEmbeddedLog({ dir: join(dir, 'log') }));
  for (const topic of [EVENTS_TOPIC, DEAD_LETTERS_TOPIC]) await log.ensureTopic(topic, { partitions: 2 });

  const logger = createLogger({ component: 'test', level: 'silent' });
  const metrics = createMetrics();
  const ingest = stack.use(createIngest({ log, clickhouse, control, logger, metrics, now: Date.now }));
  await ingest.start();
  const collector = createCollector({ log, control, metrics, logger });
  const reports = createReads({ clickhouse, control });
  const api = createApi({ control, clickhouse, reports, metrics, logger }, { dashboardDir: '/nowhere' });
  collector.app.route('/', api.app);
  const server = stack.use(await serveHttp({ app: collector.app, host: '127.0.0.1', port: 0 }));
  url = server.url;

  const headers = { authorization: `Bearer ${adminKey}` };
  send = async (events, importing = false) => {
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', ...(importing ? { 'cartledger-import': '1' } : {}) },
      body: JSON.stringify(events),
    });
    return answer.json();
  };
  exportLines = async (store) => {
    const answer = await fetch(`${url}/api/v1/stores/${store}/events`, { headers });
    expect(answer.status).toBe(200);
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    return lines.map((line) => parseExact(line) as Record<string, unknown>);
  };
});
afterAll(() => stack.disposeAsync());

const byId = (a: { event_id?: unknown }, b: { event_id?: unknown }): number =>
  String(a.event_id).localeCompare(String(b.event_id));

test('what was sent is what is exported, field by field, of one store only', async () => {
  const base = { store_id: 'shop', visitor_id: 'v1', occurred_at: NOW - 5_000 };
  const events = [
    { ...base, event_id: 'a', type: 'visit' },
    {
      ...base,
      event_id: 'b',
      type: 'add_to_cart',
      sent_at: NOW - 4_000,
      session_id: 's',
      customer_id: 'c',
      cart_id: 'cart',
      currency: 'JPY',
      cart_snapshot: true,
      items: [
        { product_id: 'p', variant_id: 'x', name: 'Ä "quoted" \\ name\n', category: 'c', quantity: 3, unit_price: 0 },
        { product_id: 'q', quantity: 1 },
      ],
      page: { url: 'https://a.example/?q=1', path: '/', title: '💶', referrer: 'r' },
      campaign: { source: 's', medium: 'm', name: 'n', term: 't', content: 'c' },
      device: { type: 'phone', os: 'o', browser: 'b', user_agent: 'u', country: 'DE' },
      consent: { analytics: true, marketing: false },
      source: 'browser',
      properties: { deep: { list: [1, 'two', null, true] }, 'odd key': 1.5 },
    },
    { ...base, event_id: 'c', type: 'cart_view', currency: 'EUR', items: [] },
    { ...base, event_id: 'd', type: 'checkout', checkout_step: 'payment' },
    {
      ...base,
      event_id: 'e',
      type: 'purchase',
      order_id: 'o',
      revision: 4,
      test: true,
      channel: 'pos',
      currency: 'EUR',
      amounts: { items: 1_000_000_000_000, discount: 0, tax: 1, shipping: 2, total: 1_000_000_000_000 },
      source: 'webhook',
    },
    {
      ...base,
      event_id: 'f',
      type: 'refund',
      order_id: 'o',
      refund_id: 'r',
      kind: 'chargeback',
      currency: 'EUR',
      amounts: { total: 1 },
    },
    { ...base, event_id: 'g', type: 'friction', friction: { code: 'payment_declined', message: 'no' } },
    { ...base, event_id: 'h', type: 'custom:wish', visitor_id: 'v2' },
  ];
  expect(await send([...events, { ...base, event_id: 'z', store_id: 'other', type: 'visit' }])).toEqual({
    accepted: 9,
    rejected: [],
  });
  const exported = await vi.waitFor(
    async () => {
      const found = await exportLines('shop');
      expect(found).toHaveLength(events.length);
      return found;
    },
    { timeout: 30_000, interval: 200 },
  );

  // A visitor's events come together.
  const visitors = exported.map((event) => event.visitor_id);
  expect(visitors.filter((visitor, i) => visitor !== visitors[i - 1])).toHaveLength(2);

  const plain = exported.sort(byId).map(({ received_at, payload_hash, ...event }) => {
    expect(Number(received_at)).toBeGreaterThanOrEqual(NOW);
    expect(BigInt(String(payload_hash))).toBeGreaterThan(0n);
    return event;
  });
  // Without a source it came from a server.
  expect(plain).toEqual(events.map((event) => ({ source: 'server', ...event })));
});

test('of several deliveries the one first received is exported, once', async () => {
  const event = { store_id: 'other', visitor_id: 'twice', event_id: 'same', type: 'visit', occurred_at: NOW - 90_000 };
  await send([{ ...event, session_id: 'late', received_at: NOW - 10_000 }], true);
  await send([{ ...event, session_id: 'early', received_at: NOW - 20_000 }], true);
  await send([{ ...event, event_id: 'last' }]);
  const exported = await vi.waitFor(
    async () => {
      const found = (await exportLines('other')).filter(({ visitor_id }) => visitor_id === 'twice');
      expect(found.map(({ event_id }) => event_id).sort()).toEqual(['last', 'same']);
      expect(found.find(({ event_id }) => event_id === 'same')?.session_id).toBe('early');
      return found;
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(exported.find(({ event_id }) => event_id === 'same')?.received_at).toBe(NOW - 20_000);
});

test('a store without events is exported as nothing', async () => {
  expect(await exportLines('empty')).toEqual([]);
});
