import { describe, expect, test } from 'vitest';
import { DAY_MS, eventIn, NOW, rejections, setUp, visit } from './testing/harness.ts';

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

  test('how many junk ids an event came with is said beside it: the log has it without them', async () => {
    const { send, produced } = setUp();
    const items = [{ product_id: 'p', variant_id: '0', quantity: 1 }];
    await send([visit({ session_id: 'null', cart_id: '', items }), visit({ event_id: 'e2' })]);
    expect(produced.map((r) => r.headers)).toEqual([
      { 'cartledger-received-at': String(NOW), 'cartledger-junk-ids': '3' },
      { 'cartledger-received-at': String(NOW) },
    ]);
    expect(eventIn(produced[0])).not.toHaveProperty('session_id');
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
