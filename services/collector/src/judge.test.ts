import { expect, test } from 'vitest';
import { createJudge } from './judge.ts';
import { NOW, visit } from './testing/harness.ts';

const body = (...events: object[]): Buffer => Buffer.from(JSON.stringify(events));
const [ADMIN, WRITE] = ['admin', 'events:write'] as const;
const key = (store_id: string | null) => ({
  key_id: 'k',
  store_id,
  scope: store_id === null ? ADMIN : WRITE,
  created_at: 0,
  revoked_at: null,
  events_per_second: null,
  burst_events: null,
});
const request = (store_id: string | null) => ({ key: key(store_id), imported: false, receivedAt: NOW, maxEvents: 10 });

test('nothing is parsed while the control store is waited for: a body that is none waits as long', async () => {
  const store = Promise.withResolvers<{ maxAgeDays: number }>();
  const judge = createJudge(() => store.promise);
  let failed = false;
  const judging = judge(Buffer.from('no json'), request('shop')).catch((error: unknown) => {
    failed = true;
    return error;
  });
  await new Promise(setImmediate);
  expect(failed).toBe(false);
  store.resolve({ maxAgeDays: 400 });
  expect(await judging).toMatchObject({ code: 'malformed_json' });
});

test('bodies of admin keys are parsed one after the other', async () => {
  const store = Promise.withResolvers<{ maxAgeDays: number }>();
  const asked: string[] = [];
  const judge = createJudge((store_id) => {
    asked.push(store_id);
    return store.promise;
  });
  const judging = ['a', 'b'].map((store_id) => judge(body(visit({ store_id })), request(null)));
  await new Promise(setImmediate);
  expect(asked).toEqual(['a']);
  store.resolve({ maxAgeDays: 400 });
  expect((await Promise.all(judging)).map(({ records }) => records.length)).toEqual([1, 1]);
  expect(asked).toEqual(['a', 'b']);
});

test('a control store that fails is said as that', async () => {
  const judge = createJudge(() => Promise.reject(new Error('down')));
  await expect(judge(body(visit()), request('shop'))).rejects.toMatchObject({ code: 'unavailable', status: 503 });
});
