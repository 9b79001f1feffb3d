import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { createControl } from '@cartledger/control';
import { EventLogError, type EventLogErrorCode, type ProduceRecord } from '@cartledger/event-log';
import { createHealth, createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createCollector } from './collector.ts';
import type { CollectorConfig } from './config.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 86_400_000;

let control: ReturnType<typeof createControl>;
let writeKey: string;
let readKey: string;
let adminKey: string;
let writeKeyId: string;

beforeEach(async () => {
  control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: () => NOW });
  await control.migrate();
  await control.stores.create('shop');
  await control.stores.create('other');
  ({ key: writeKey, key_id: writeKeyId } = await control.keys.create('shop', 'events:write'));
  ({ key: readKey } = await control.keys.create('shop', 'reports:read'));
  ({ key: adminKey } = await control.keys.create(null, 'admin'));
});
afterEach(() => control.close());

const setUp = (config: Partial<CollectorConfig> = {}) => {
  const produced: (ProduceRecord & { topic: string })[] = [];
  let produce: (() => Promise<void>) | null = null;
  let clock = NOW;
  let logged = '';
  const metrics = createMetrics();
  const health = createHealth();
  const collector = createCollector(
    {
      control,
      metrics,
      health,
      now: () => clock,
      logger: createLogger({
        component: 'collector',
        level: 'trace',
        destination: {
          write: (line: string) => {
            logged += line;
          },
        },
      }),
      log: {
        healthy: () => Promise.resolve(produce === null),
        produce: async (topic, records) => {
          await produce?.();
          produced.push(...records.map((record) => ({ topic, ...record })));
        },
      },
    },
    config,
  );
  const send = (
    body: string | Uint8Array | ReadableStream | object,
    headers: Record<string, string> = {},
    path = '/v1/events',
  ): Promise<Response> =>
    Promise.resolve(
      collector.app.request(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json', ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
            ? body
            : JSON.stringify(body),
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      }),
    );
  return {
    collector,
    metrics,
    health,
    produced,
    send,
    logged: () => logged,
    onProduce: (next: (() => Promise<void>) | null) => {
      produce = next;
    },
    pass: (ms: number) => {
      clock += ms;
    },
  };
};

const visit = (over: Record<string, unknown> = {}) => ({
  event_id: 'e1',
  store_id: 'shop',
  type: 'visit',
  occurred_at: NOW - 1_000,
  visitor_id: 'v1',
  ...over,
});
const eventIn = (record: ProduceRecord | undefined): unknown => JSON.parse(record?.value?.toString() ?? 'null');
const problem = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });
const problemOf = async (response: Response) => problem.parse(await response.json()).error;
const rejections = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), event_id: z.string().nullable(), code: z.string() })),
});

describe('taking events in', () => {
  test.each([
    ['an array', [visit()]],
    ['{"events": [...]}', { events: [visit()] }],
    ['one event alone', visit()],
  ])('%s is appended to the log under its visitor, with the time of receipt', async (_, body) => {
    const { send, produced } = setUp();
    const answer = await send(body);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
    expect(produced).toMatchObject([
      { topic: 'storefront-events', key: 'shop:v1', headers: { 'cartledger-received-at': String(NOW) } },
    ]);
    expect(produced[0]?.headers).not.toHaveProperty('cartledger-import');
    expect(eventIn(produced[0])).toEqual(visit());
  });

  test('202 comes only after the log has acknowledged', async () => {
    const { send, onProduce } = setUp();
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    let answered = false;
    const answer = send([visit()]).then((response) => {
      answered = true;
      return response;
    });
    await entered.promise;
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    log.resolve();
    expect((await answer).status).toBe(202);
  });

  test('a missing store is the key’s, and a foreign one is rejected', async () => {
    const { send, produced } = setUp();
    const { store_id: _, ...without } = visit();
    const answer = await send([
      without,
      visit({ event_id: 'e2', store_id: 'other' }),
      visit({ event_id: 'e3', store_id: null }),
    ]);
    expect(await answer.json()).toMatchObject({
      accepted: 2,
      rejected: [{ index: 1, event_id: 'e2', code: 'wrong_store', field: 'store_id', message: expect.any(String) }],
    });
    expect(produced.map((r) => r.key)).toEqual(['shop:v1', 'shop:v1']);
  });

  test('a bad event does not hold up the others, and each is named with its place and reason', async () => {
    const { send, produced } = setUp();
    const answer = await send([
      null,
      visit({ event_id: 'good' }),
      visit({ event_id: 'bad', type: 'visitt' }),
      [],
      'text',
      visit({ event_id: 7 }),
      visit({ event_id: 'old', occurred_at: NOW - 401 * DAY_MS }),
    ]);
    expect(answer.status).toBe(202);
    const body = rejections.parse(await answer.json());
    expect(body.accepted).toBe(1);
    expect(body.rejected.map((r) => [r.index, r.event_id, r.code])).toEqual([
      [0, null, 'not_an_object'],
      [2, 'bad', 'unknown_type'],
      [3, null, 'not_an_object'],
      [4, null, 'not_an_object'],
      [5, null, 'wrong_type'],
      [6, 'old', 'too_old'],
    ]);
    expect(produced).toHaveLength(1);
  });

  test('no events are no mistake', async () => {
    const { send, produced } = setUp();
    expect(await (await send([])).json()).toEqual({ accepted: 0, rejected: [] });
    expect(produced).toEqual([]);
  });

  test('an event over 64 KiB is rejected alone', async () => {
    const { send } = setUp();
    const large = visit({ event_id: 'large', page: { title: 'x'.repeat(65_536) } });
    expect(await (await send([large, visit()])).json()).toMatchObject({
      accepted: 1,
      rejected: [{ index: 0, event_id: 'large', code: 'too_large' }],
    });
  });

  test('what a sender nests in fields we do not know does no harm', async () => {
    const { send } = setUp();
    const deep = `[{"event_id":"e1","type":"visit","occurred_at":${NOW},"visitor_id":"v","x":${'['.repeat(200_000)}${']'.repeat(200_000)},"__proto__":{"store_id":"other"}}]`;
    expect(await (await send(deep)).json()).toEqual({ accepted: 1, rejected: [] });
    const properties = deep.replace('"x"', '"properties"');
    expect(await (await send(properties)).json()).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] });
  });
});

describe('who may send', () => {
  test.each([
    ['Authorization', { authorization: 'KEY' }, ''],
    ['a lower-case scheme', { authorization: 'bearer KEY' }, ''],
    ['X-Write-Key', { authorization: '', 'x-write-key': 'KEY' }, ''],
    ['?key=', { authorization: '' }, '?key=KEY'],
  ])('a write key in %s', async (name, headers, query) => {
    const { send } = setUp();
    const filled = Object.fromEntries(
      Object.entries(headers).map(([k, v]) => [
        k,
        v.replace('KEY', name === 'Authorization' ? `Bearer ${writeKey}` : writeKey),
      ]),
    );
    expect((await send([visit()], filled, `/v1/events${query.replace('KEY', writeKey)}`)).status).toBe(202);
  });

  test.each([
    ['no key', '', 401, 'no_key'],
    ['another scheme', 'Basic abc', 401, 'no_key'],
    ['a made-up key', `Bearer ck_w_${'0'.repeat(12)}_${'A'.repeat(43)}`, 401, 'bad_key'],
    ['a giant key', `Bearer ${'x'.repeat(10_000)}`, 401, 'bad_key'],
    ['a read key', 'READ', 403, 'wrong_scope'],
  ])('%s is refused and nothing is taken', async (_, authorization, status, code) => {
    const { send, produced } = setUp();
    const answer = await send([visit()], { authorization: authorization.replace('READ', `Bearer ${readKey}`) });
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe(code);
    expect(produced).toEqual([]);
  });

  test('a revoked key is refused within three seconds', async () => {
    const { send, pass } = setUp();
    expect((await send([visit()])).status).toBe(202);
    await control.keys.revoke(writeKeyId);
    pass(3_000);
    expect((await send([visit()])).status).toBe(401);
  });

  test('when keys cannot be checked the sender is told to come again', async () => {
    const { send } = setUp();
    await control.close();
    const answer = await send([visit()]);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
  });
});

describe('imports', () => {
  const asAdmin = (importing = true) => ({
    authorization: `Bearer ${adminKey}`,
    ...(importing ? { 'cartledger-import': '1' } : {}),
  });

  test('keep each event’s own time of receipt and its age, and are marked', async () => {
    const { send, produced } = setUp();
    const occurred_at = Date.UTC(2019, 9, 1);
    const answer = await send(
      [
        visit({ occurred_at, received_at: occurred_at + 5 }),
        visit({ event_id: 'e2', occurred_at, received_at: '2019-10-01T00:00:09Z' }),
        visit({ event_id: 'e3', store_id: 'other' }),
      ],
      asAdmin(),
    );
    expect(await answer.json()).toEqual({ accepted: 3, rejected: [] });
    expect(produced.map((r) => r.headers)).toEqual([
      { 'cartledger-received-at': String(occurred_at + 5), 'cartledger-import': '1' },
      { 'cartledger-received-at': String(occurred_at + 9_000), 'cartledger-import': '1' },
      { 'cartledger-received-at': String(NOW), 'cartledger-import': '1' },
    ]);
    expect(eventIn(produced[0])).not.toHaveProperty('received_at');
    expect(eventIn(produced[0])).not.toHaveProperty('source');
  });

  test('a time of receipt that is none, or lies ahead, is rejected', async () => {
    const { send } = setUp();
    const answer = await send(
      [visit({ received_at: 'yesterday' }), visit({ received_at: NOW + DAY_MS + 1 })],
      asAdmin(),
    );
    expect(await answer.json()).toMatchObject({
      accepted: 0,
      rejected: [
        { code: 'bad_time', field: 'received_at' },
        { code: 'too_far_ahead', field: 'received_at' },
      ],
    });
  });

  test('need an admin key', async () => {
    const { send } = setUp();
    const answer = await send([visit()], { 'cartledger-import': '1' });
    expect(answer.status).toBe(403);
  });

  test('an admin key without the header stamps the time of receipt, and a write key cannot bring one', async () => {
    const { send, produced } = setUp();
    await send([visit({ received_at: 5 })], asAdmin(false));
    await send([visit({ received_at: 5 })]);
    expect(produced.map((r) => r.headers)).toEqual([
      { 'cartledger-received-at': String(NOW) },
      { 'cartledger-received-at': String(NOW) },
    ]);
  });

  test('an admin key must name a store that is there', async () => {
    const { send } = setUp();
    const { store_id: _, ...without } = visit();
    expect(await (await send([visit({ store_id: 'nowhere' }), without], asAdmin())).json()).toMatchObject({
      accepted: 0,
      rejected: [
        { index: 0, code: 'unknown_store' },
        { index: 1, code: 'missing_field', field: 'store_id' },
      ],
    });
  });

  test('may hold more events than other requests', async () => {
    const { send } = setUp({ maxEvents: 2, maxImportEvents: 3 });
    const three = [1, 2, 3].map((i) => visit({ event_id: `e${i}` }));
    expect((await send(three)).status).toBe(413);
    expect((await send(three, asAdmin())).status).toBe(202);
    expect((await send([...three, visit()], asAdmin())).status).toBe(413);
  });
});

describe('bodies', () => {
  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('%s is unpacked', async (name, pack) => {
    const { send } = setUp();
    const answer = await send(pack(JSON.stringify([visit()])), { 'content-encoding': name });
    expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('a %s bomb is let go at the limit', async (name, pack) => {
    const { send } = setUp({ maxInflatedBytes: 100_000 });
    const answer = await send(pack(Buffer.alloc(50_000_000, ' ')), { 'content-encoding': name });
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).code).toBe('body_too_large');
  });

  test.each(['gzip', 'deflate', 'br'])(
    'a body that is no %s, or is cut off, is a mistake of the sender',
    async (name) => {
      const { send } = setUp();
      const pack = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[name] ?? gzipSync;
      const cut = pack(
        JSON.stringify(Array.from({ length: 50 }, () => visit({ page: { title: String(Math.E) } }))),
      ).subarray(0, -20);
      for (const body of [Buffer.from('[{"plain": true}]'), cut]) {
        const answer = await send(new Uint8Array(body), { 'content-encoding': name });
        expect(answer.status).toBe(400);
        expect((await problemOf(answer)).code).toBe('bad_encoding');
      }
    },
  );

  test.each([
    ['by its declared length', { 'content-length': '2000' }],
    ['by what arrives', {}],
  ])('a body over the limit is refused %s', async (_, headers) => {
    const { send } = setUp({ maxBodyBytes: 1_000 });
    const answer = await send(`[${' '.repeat(2_000)}]`, headers);
    expect(answer.status).toBe(413);
    expect((await problemOf(answer)).message).toContain('1000 bytes');
  });

  test('a declared length that lies does not raise the limit, and a body cut short is not taken', async () => {
    const { send, produced } = setUp({ maxBodyBytes: 1_000 });
    const long = await send(`[${' '.repeat(2_000)}]`, { 'content-length': '10' });
    expect(await problemOf(long)).toMatchObject({ code: 'incomplete_body' });
    const short = await send([visit()], { 'content-length': '900' });
    expect(await problemOf(short)).toMatchObject({ code: 'incomplete_body' });
    expect(produced).toEqual([]);
  });

  test.each([{}, { 'content-length': '100' }])(
    'a body that does not come to its end is cut off (%j)',
    async (headers) => {
      const { send } = setUp({ bodyTimeoutMs: 20 });
      const never = new ReadableStream({
        start(controller) {
          controller.enqueue(Buffer.from('[{"event_id"'));
        },
      });
      const answer = await send(never, headers);
      expect(answer.status).toBe(408);
      expect((await problemOf(answer)).code).toBe('request_timeout');
    },
  );

  test.each([
    ['', 400, 'malformed_json'],
    ['[{]', 400, 'malformed_json'],
    ['{"events": 5}', 400, 'bad_body'],
    ['{}', 400, 'bad_body'],
    ['"text"', 400, 'bad_body'],
    ['null', 400, 'bad_body'],
    ['12', 400, 'bad_body'],
  ])('%j is answered %i %s', async (body, status, code) => {
    const { send } = setUp();
    const answer = await send(body);
    expect(answer.status).toBe(status);
    expect((await problemOf(answer)).code).toBe(code);
  });

  test('malformed JSON is answered with the place, and none of it', async () => {
    const { send } = setUp();
    const { message } = await problemOf(await send('[{"visitor_id": secret}]'));
    expect(message).toContain('position 16 (line 1, column 17)');
    expect(message).not.toContain('secret');
  });

  test.each(['text/plain;charset=UTF-8', 'application/json; charset="utf-8"', 'application/vnd.shop+json', ''])(
    'Content-Type %j is taken as JSON',
    async (type) => {
      const { send } = setUp();
      expect((await send([visit()], { 'content-type': type })).status).toBe(202);
    },
  );

  test.each([
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 'unsupported_media_type'],
    [{ 'content-type': 'application/json; charset=utf-16' }, 'unsupported_media_type'],
    [{ 'content-encoding': 'zip' }, 'unsupported_encoding'],
    [{ 'content-encoding': 'gzip, gzip' }, 'unsupported_encoding'],
  ])('%j is answered 415', async (headers, code) => {
    const { send } = setUp();
    const answer = await send([visit()], headers);
    expect(answer.status).toBe(415);
    expect((await problemOf(answer)).code).toBe(code);
  });

  test('who declares much and sends nothing takes no room from others', async () => {
    const { send } = setUp({ maxBytesInFlight: 1_000_000, bodyTimeoutMs: 100 });
    const never = () => new ReadableStream({ pull: () => new Promise(() => {}) });
    const slow = Array.from({ length: 5 }, () => send(never(), { 'content-length': '900000' }));
    expect((await send([visit()])).status).toBe(202);
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([408, 408, 408, 408, 408]);
  });

  test('when all together hold too much the sender is told to come again, and afterwards may', async () => {
    const { send, onProduce } = setUp({ maxBytesInFlight: 400 });
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    const first = send([visit({ page: { title: 'x'.repeat(200) } })]);
    await entered.promise;
    const second = await send([visit({ page: { title: 'x'.repeat(200) } })]);
    expect(second.status).toBe(503);
    expect(second.headers.get('retry-after')).toBe('1');
    log.resolve();
    expect((await first).status).toBe(202);
    onProduce(null);
    expect((await send([visit({ page: { title: 'x'.repeat(200) } })])).status).toBe(202);
  });
});

describe('limits and failures', () => {
  test('a key over its share is told when to come again; another key is not', async () => {
    const { send, pass } = setUp({ eventsPerSecond: 1, burstEvents: 2 });
    const many = Array.from({ length: 6 }, (_, i) => visit({ event_id: `e${i}` }));
    expect((await send(many)).status).toBe(202);
    const refused = await send(many);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect((await send(many, { authorization: `Bearer ${adminKey}` })).status).toBe(202);
    pass(5_000);
    expect((await send([visit()])).status).toBe(202);
  });

  test.each<[EventLogErrorCode, string, string]>([
    ['unavailable', 'log_unavailable', '5'],
    ['timeout', 'log_unavailable', '5'],
    ['closed', 'log_unavailable', '5'],
    ['unknown_topic', 'log_unavailable', '5'],
    ['full', 'log_full', '30'],
  ])('when the log is %s nothing is called accepted', async (code, answered, wait) => {
    const { send, onProduce, metrics } = setUp();
    onProduce(() => Promise.reject(new EventLogError(code, 'no', { retriable: true })));
    const answer = await send([visit()]);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe(wait);
    expect((await problemOf(answer)).code).toBe(answered);
    expect(await metrics.text()).not.toContain('outcome="accepted"');
  });

  test('an unexpected failure is answered 500 without its words, and logged', async () => {
    const { send, onProduce, logged } = setUp();
    onProduce(() => Promise.reject(new TypeError('inner secret')));
    const answer = await send([visit()]);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
    expect(logged()).toContain('inner secret');
  });

  test('stop waits for what is being taken in, and takes no more', async () => {
    const { send, onProduce, collector } = setUp();
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    const first = send([visit()]);
    await entered.promise;
    let stopped = false;
    const stopping = collector.stop().then(() => {
      stopped = true;
    });
    expect((await send([visit()])).status).toBe(503);
    expect(stopped).toBe(false);
    log.resolve();
    await stopping;
    expect((await first).status).toBe(202);
  });

  test('readiness tells when the log does not answer', async () => {
    const { health, onProduce } = setUp();
    expect((await health.readiness()).ready).toBe(true);
    onProduce(() => Promise.resolve());
    expect((await health.readiness()).checks).toEqual({
      event_log: { ok: false, reason: 'the event log does not answer' },
    });
  });

  test('a log that refuses shows in readiness until it takes events, or its senders were told to come again', async () => {
    const { send, onProduce, health, pass } = setUp();
    onProduce(() => Promise.reject(new EventLogError('full', 'no', { retriable: true })));
    const reason = 'the event log has no room: free disk space, or raise its size limit';
    const refuse = async () => {
      onProduce(() => Promise.reject(new EventLogError('full', 'no', { retriable: true })));
      expect((await send([visit()])).status).toBe(503);
      onProduce(null);
      expect((await health.readiness()).checks).toEqual({ event_log: { ok: false, reason } });
    };
    await refuse();
    expect((await send([visit()])).status).toBe(202);
    expect((await health.readiness()).ready).toBe(true);
    await refuse();
    pass(30_000);
    expect((await health.readiness()).ready).toBe(true);
  });

  test('a log that refuses every request is not logged once a request', async () => {
    const { send, onProduce, logged, pass } = setUp();
    onProduce(() => Promise.reject(new EventLogError('full', 'no', { retriable: true })));
    for (let i = 0; i < 5; i++) await send([visit()]);
    pass(10_000);
    await send([visit()]);
    const lines = logged().trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).requests)).toEqual([1, 5]);
  });

  test('keys and payloads are in no log and no metric', async () => {
    const { send, onProduce, logged, metrics } = setUp();
    onProduce(() => Promise.reject(new EventLogError('unavailable', 'no', { retriable: true })));
    await send([visit({ visitor_id: 'somebody' })], { authorization: '' }, `/v1/events?key=${writeKey}`);
    const seen = logged() + (await metrics.text());
    expect(seen).toContain('the event log did not take events');
    expect(seen).not.toContain(writeKey.slice(-43));
    expect(seen).not.toContain('somebody');
  });

  test('outcomes are counted by reason', async () => {
    const { send, metrics } = setUp();
    await send([
      visit(),
      visit({ type: 'x' }),
      visit({ session_id: 'null', items: [{ product_id: 'p', variant_id: '0', quantity: 1 }] }),
    ]);
    const text = await metrics.text();
    expect(text).toContain('cartledger_collector_events_total{outcome="accepted"} 2');
    expect(text).toContain('cartledger_collector_events_total{outcome="unknown_type"} 1');
    expect(text).toContain('cartledger_collector_junk_ids_total{field="session_id"} 1');
    expect(text).toContain('cartledger_collector_requests_total{status="202"} 1');
    expect(text).not.toContain('items[0]');
  });
});

describe('browsers', () => {
  const preflight = (app: ReturnType<typeof setUp>['collector']['app'], origin: string) =>
    app.request('/v1/events', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('a page of any origin may send, and read when to come again', async () => {
    const { collector, send } = setUp();
    const answer = await preflight(collector.app, 'https://shop.example');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    expect(answer.headers.get('access-control-allow-headers')).toContain('Authorization');
    const sent = await send([visit()], { origin: 'https://shop.example', authorization: '' });
    expect(sent.status).toBe(401);
    expect(sent.headers.get('access-control-allow-origin')).toBe('*');
    expect(sent.headers.get('access-control-expose-headers')).toContain('Retry-After');
  });

  test('where origins are named, others are not let in', async () => {
    const { collector } = setUp({ allowedOrigins: ['https://shop.example'] });
    const known = await preflight(collector.app, 'https://shop.example');
    expect(known.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    const unknown = await preflight(collector.app, 'https://evil.example');
    expect(unknown.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('other methods are answered 405', async () => {
    const { collector } = setUp();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await collector.app.request('/v1/events', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toContain('POST');
    }
  });
});
