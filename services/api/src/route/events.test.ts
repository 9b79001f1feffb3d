import { ClickHouseError } from '@cartledger/clickhouse';
import type { Delivery } from '@cartledger/events';
import { parseExact } from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import { createHarness } from '../harness.ts';

const { setUp } = createHarness();

describe('export', () => {
  const delivery = (event_id: string): Delivery => ({
    event_id,
    store_id: 'shop',
    type: 'visit',
    occurred_at: 1,
    received_at: 2,
    visitor_id: 'v',
    payload_hash: 2n ** 64n - 1n,
  });

  test('each kept event is one line, its hash exact', async () => {
    const { call } = setUp(async function* () {
      yield delivery('a');
      yield delivery('b');
    });
    const answer = await call('admin', '/api/v1/stores/shop/events');
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await answer.text()).split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map(parseExact)).toEqual([delivery('a'), delivery('b')]);
  });

  test('a store without events is exported as nothing', async () => {
    const { call } = setUp();
    const answer = await call('admin', '/api/v1/stores/shop/events');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  test('a HEAD opens no query that nobody would read', async () => {
    let opened = 0;
    const { call } = setUp(async function* () {
      opened++;
      yield delivery('a');
    });
    expect((await call('admin', '/api/v1/stores/shop/events', 'HEAD')).status).toBe(200);
    expect(opened).toBe(0);
  });

  test('a failure before the first line is an error, one later breaks the answer off', async () => {
    const early = setUp(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new ClickHouseError('unavailable', 'gone', { retriable: true })),
      }),
    }));
    expect((await early.call('admin', '/api/v1/stores/shop/events')).status).toBe(503);
    const late = setUp(async function* () {
      yield delivery('a');
      throw new ClickHouseError('unavailable', 'gone', { retriable: true });
    });
    const answer = await late.call('admin', '/api/v1/stores/shop/events');
    await expect(answer.text()).rejects.toThrow();
    expect(late.logged()).toContain('an export broke off');
  });

  test('events are read as they are sent, and no more once the reader has gone', async () => {
    let read = 0;
    let ended = false;
    const { call } = setUp(async function* () {
      try {
        for (;;) yield delivery(`event-${read++}`);
      } finally {
        ended = true;
      }
    });
    const answer = await call('admin', '/api/v1/stores/shop/events');
    const reader = answer.body?.getReader();
    await reader?.read();
    expect(read).toBeLessThan(5_000);
    await reader?.cancel();
    expect(ended).toBe(true);
  });
});
