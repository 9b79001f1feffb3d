import { describe, expect, test } from 'vitest';
import { adminKey, control, DAY_MS, eventIn, NOW, setUp, visit } from './testing/harness.ts';

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

  test('are turned away where they are older than the store keeps, whatever they say of their receipt', async () => {
    await control.stores.define('shop', { retention_days: 500 }, null);
    const { send } = setUp();
    const aged = (event_id: string, days: number) => {
      const occurred_at = NOW - days * DAY_MS;
      return visit({ event_id, occurred_at, received_at: occurred_at + 5 });
    };
    expect(await (await send([aged('kept', 499), aged('old', 501)], asAdmin())).json()).toMatchObject({
      accepted: 1,
      rejected: [{ event_id: 'old', code: 'too_old', message: expect.stringContaining('retention_days') }],
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
