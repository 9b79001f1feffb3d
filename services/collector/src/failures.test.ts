import { EventLogError, type EventLogErrorCode } from '@cartledger/event-log';
import { describe, expect, test } from 'vitest';
import { adminKey, control, problemOf, setUp, visit, writeKey } from './testing/harness.ts';

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

  test('a key with a rate of its own is held to that, and one with more may send more bytes too', async () => {
    const { send } = setUp({ eventsPerSecond: 2, burstEvents: 2, bytesPerSecond: 1_000, burstBytes: 1_000 });
    const keyOf = async (rate: number) => {
      const { key } = await control.keys.create('shop', 'events:write', { events_per_second: rate });
      return { authorization: `Bearer ${key}` };
    };
    const many = Array.from({ length: 12 }, (_, i) => visit({ event_id: `e${i}` }));
    const [slow, fast] = [await keyOf(1), await keyOf(10)];
    expect((await send(many, slow)).status).toBe(202);
    expect((await send([visit()], slow)).headers.get('retry-after')).toBe('8');
    for (let i = 0; i < 3; i++) expect((await send(many, fast)).status).toBe(202);
  });

  test('bytes count as well as events: few large ones are told to wait too', async () => {
    const { send, pass } = setUp({ bytesPerSecond: 1_000, burstBytes: 1_000 });
    const large = [visit({ page: { title: 'x'.repeat(3_000) } })];
    expect((await send(large)).status).toBe(202);
    expect((await send([visit()])).status).toBe(429);
    pass(3_000);
    expect((await send([visit()])).status).toBe(202);
  });

  test('a body that is no JSON counts with its bytes', async () => {
    const { send } = setUp({ bytesPerSecond: 1_000, burstBytes: 1_000 });
    expect((await send('x'.repeat(2_000))).status).toBe(400);
    expect((await send([visit()])).status).toBe(429);
  });

  test('a key has so many requests in the making at once; another key is not concerned', async () => {
    const { send, onProduce } = setUp({ maxRequestsPerKey: 1 });
    const log = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    onProduce(() => {
      entered.resolve();
      return log.promise;
    });
    const first = send([visit()]);
    await entered.promise;
    const refused = await send([visit()]);
    expect(refused.status).toBe(429);
    expect((await problemOf(refused)).code).toBe('too_many_requests');
    const { key } = await control.keys.create('shop', 'events:write');
    const other = send([visit()], { authorization: `Bearer ${key}` });
    log.resolve();
    expect([(await first).status, (await other).status]).toEqual([202, 202]);
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
