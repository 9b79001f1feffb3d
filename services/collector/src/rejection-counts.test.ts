import type { RejectionCount } from '@cartledger/control';
import { EventLogError } from '@cartledger/event-log';
import { createLogger } from '@cartledger/service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createRejectionCounts, FLUSH_MS } from './rejection-counts.ts';
import { adminKey, control, NOW, setUp, visit } from './testing/harness.ts';

const all = (store_id: string) => control.rejections.list(store_id, 0, Number.MAX_SAFE_INTEGER);

test('what is rejected counts for the key’s store, or the one it names to an admin, or for none', async () => {
  const { send, collector, pass } = setUp();
  await send([visit(), visit({ type: 'x' }), visit({ type: 'y' }), visit({ store_id: 'other' }), 7]);
  pass(900_000);
  const admin = { authorization: `Bearer ${adminKey}` };
  await send([visit({ type: 'x' }), visit({ store_id: 'nowhere' }), visit({ store_id: undefined }), null], admin);
  await collector.stop();
  const quarter = NOW - (NOW % 900_000);
  expect(await all('shop')).toEqual([
    { store_id: 'shop', quarter, code: 'not_an_object', count: 1 },
    { store_id: 'shop', quarter, code: 'unknown_type', count: 2 },
    { store_id: 'shop', quarter, code: 'wrong_store', count: 1 },
    { store_id: 'shop', quarter: quarter + 900_000, code: 'unknown_type', count: 1 },
  ]);
  expect((await all('')).map(({ code, count }) => [code, count])).toEqual([
    ['missing_field', 1],
    ['not_an_object', 1],
    ['unknown_store', 1],
  ]);
  expect(await all('other')).toEqual([]);
});

test('a request whose sender has to send all again counts when it does', async () => {
  const { send, collector, onProduce } = setUp();
  onProduce(() => Promise.reject(new EventLogError('full', 'no', { retriable: true })));
  const events = [visit(), visit({ type: 'x' })];
  expect((await send(events)).status).toBe(503);
  onProduce(null);
  expect((await send(events)).status).toBe(202);
  await collector.stop();
  expect((await all('shop')).map(({ count }) => count)).toEqual([1]);
});

describe('the counter', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const setUpCounter = () => {
    const added: RejectionCount[][] = [];
    const state: { isUp: boolean } = { isUp: true };
    const counts = createRejectionCounts({
      rejections: {
        add: async (rows) => {
          if (!state.isUp) throw new Error('down');
          added.push(rows.map((row) => ({ ...row })));
        },
      },
      logger: createLogger({ component: 'test', level: 'silent' }),
    });
    const count = (code: string) => counts.count([{ store_id: 'shop', code }], 900_001);
    return { added, state, counts, count };
  };

  test('adds to the control store every ten seconds, and only what is new', async () => {
    const { added, count } = setUpCounter();
    count('bad_id');
    count('bad_id');
    await vi.advanceTimersByTimeAsync(FLUSH_MS - 1);
    expect(added).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(added).toEqual([[{ store_id: 'shop', quarter: 900_000, code: 'bad_id', count: 2 }]]);
    await vi.advanceTimersByTimeAsync(10 * FLUSH_MS);
    expect(added).toHaveLength(1);
    count('bad_id');
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(added.at(-1)).toMatchObject([{ count: 1 }]);
  });

  test('keeps what the control store does not take, together with what comes meanwhile', async () => {
    const { added, state, counts, count } = setUpCounter();
    state.isUp = false;
    count('bad_id');
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    count('bad_id');
    count('bad_time');
    state.isUp = true;
    await counts.flush();
    expect(added).toMatchObject([
      [
        { code: 'bad_id', count: 2 },
        { code: 'bad_time', count: 1 },
      ],
    ]);
  });
});
