import { expect, onTestFinished, test, vi } from 'vitest';
import { EventLogError } from '../port.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import type { FetchPartition } from './protocol/fetch.ts';
import { AT, CODEC_MASK } from './record-batch/layout.ts';
import { answerFrom, claimAt, held, refusal, setUp } from './testing/fetching.ts';
import { recordAt } from './testing/record-at.ts';

test('an answer of an assignment that is over is dropped', async () => {
  const { fetch, next } = held();
  const claims = new Map([[0, claimAt(0, 10n)]]);
  const { fetcher, got } = setUp(fetch, claims);
  fetcher.wake();
  const old = await next();
  const renewed = { ...claimAt(0, 5n), epoch: 2 };
  claims.set(0, renewed);
  old.answer();
  const asked = await next();
  expect(asked.requests).toEqual([{ partition: 0, from: 5n }]);
  expect(got).toEqual([]);
  asked.answer();
  await next();
  expect(got).toEqual([{ claim: renewed, offset: 5n }]);
  fetcher.stop();
});

test('an answer for a partition paused meanwhile is dropped, and asked for again after the pause', async () => {
  const { fetch, next } = held();
  const claim = claimAt(0, 10n);
  const { fetcher, got } = setUp(fetch, new Map([[0, claim]]));
  fetcher.wake();
  const asked = await next();
  claim.paused = true;
  asked.answer();
  await vi.waitUntil(() => claim.position === 10n);
  claim.paused = false;
  fetcher.wake();
  (await next()).answer();
  await next();
  expect(got.map(({ offset }) => offset)).toEqual([10n]);
  fetcher.stop();
});

test('nothing is handed over after stop', async () => {
  const { fetch, next } = held();
  const { fetcher, got } = setUp(fetch, new Map([[0, claimAt(0, 10n)]]));
  fetcher.wake();
  const asked = await next();
  fetcher.stop();
  asked.answer();
  await new Promise(setImmediate);
  expect(got).toEqual([]);
});

test('after a failure the leaders are learnt anew and reading goes on where it was', async () => {
  const { fetch, next } = held();
  const { client, fetcher, got, fatal } = setUp(fetch, new Map([[0, claimAt(0, 10n)]]));
  fetcher.wake();
  (await next()).refuse(new Error('connection closed'));
  const again = await next();
  expect(client.refresh).toHaveBeenCalledOnce();
  expect(again.requests).toEqual([{ partition: 0, from: 10n }]);
  again.answer();
  await next();
  expect(got.map(({ offset }) => offset)).toEqual([10n]);
  expect(fatal).toEqual([]);
  fetcher.stop();
});

test('a partition without a leader is asked for when it has one, and the others are read meanwhile', async () => {
  const { fetch, next } = held();
  const claims = new Map([
    [0, claimAt(0, 1n)],
    [1, claimAt(1, 2n)],
  ]);
  const { client, fetcher } = setUp(fetch, claims);
  let elected = false;
  vi.mocked(client.leaders).mockImplementation(() => new Map(elected ? [['1', [0, 1]]] : [['1', [1]]]));
  vi.mocked(client.refresh).mockImplementation(async () => {
    elected = vi.mocked(client.refresh).mock.calls.length > 2;
  });
  fetcher.wake();
  let asked = await next();
  expect(asked.requests).toEqual([{ partition: 1, from: 2n }]);
  while (asked.requests.length < 2) {
    asked.answer();
    asked = await next();
  }
  expect(asked.requests[0]).toEqual({ partition: 0, from: 1n });
  fetcher.stop();
});

test('what is wrong with one partition is told for it alone: the others of the answer are read', async () => {
  const { fetch, next } = held();
  const claims = new Map([
    [0, claimAt(0, 1n)],
    [1, claimAt(1, 2n)],
  ]);
  const { fetcher, got, client } = setUp(fetch, claims);
  fetcher.wake();
  const failing = (code: number) => (asked: FetchPartition) =>
    asked.partition === 1 ? refusal(asked, code) : answerFrom(asked);
  (await next()).answer(failing(KAFKA_ERROR.NOT_LEADER_OR_FOLLOWER));
  await next();
  expect(client.refresh).toHaveBeenCalledOnce();
  expect(got.map(({ offset }) => offset)).toEqual([1n]);
  fetcher.stop();
});

test('a partition paused by the owner while it takes a part of an answer is given no more of it', async () => {
  const { fetch, next } = held();
  const claim = claimAt(0, 10n);
  const { fetcher, got, hooks } = setUp(fetch, new Map([[0, claim]]));
  hooks.onRecords = () => {
    claim.paused = true;
  };
  fetcher.wake();
  const compressed = recordAt(11n); // by an unknown codec: reading it would fail
  compressed.writeInt16BE(CODEC_MASK, AT.attributes);
  const bytes = Buffer.concat([recordAt(10n), compressed]);
  (await next()).answer((asked) => ({ ...answerFrom(asked), bytes }));
  await vi.waitUntil(() => got.length > 0);
  expect(claim.position).toBe(11n);
  fetcher.stop();
});

test('records that cannot be read are named and never skipped, and the other partitions are read on', async () => {
  const { fetch, next } = held();
  const [claim, other] = [claimAt(4, 10n), claimAt(5, 1n)];
  const { fetcher, got, fatal, unreadable } = setUp(
    fetch,
    new Map([
      [4, claim],
      [5, other],
    ]),
  );
  fetcher.wake();
  const broken = recordAt(11n);
  broken[AT.records] = 0x7e;
  const bytes = Buffer.concat([recordAt(10n), broken]);
  (await next()).answer((asked) => (asked.partition === 4 ? { ...answerFrom(asked), bytes } : answerFrom(asked)));
  const asked = await next();
  expect(asked.requests).toEqual([{ partition: 5, from: 2n }]);
  expect(unreadable).toEqual([{ partition: 4, first: 11n, last: 11n, error: expect.any(EventLogError) }]);
  expect(String(unreadable[0]?.error)).toMatch(/partition 4 at offsets 11 to 11/);
  expect(got.map(({ offset }) => offset)).toEqual([10n, 1n]);
  expect(fatal).toEqual([]);
  claim.position = 12n; // whoever gave them up says where to go on
  asked.answer();
  expect((await next()).requests).toContainEqual({ partition: 4, from: 12n });
  fetcher.stop();
});

test('of a batch whose header names what the log has not got only the beginning is named', async () => {
  const { fetch, next } = held();
  const { fetcher, unreadable } = setUp(fetch, new Map([[4, claimAt(4, 10n)]]));
  fetcher.wake();
  const broken = recordAt(10n);
  broken.writeInt32BE(1_000_000, AT.lastOffsetDelta);
  broken[AT.records] = 0x7e;
  (await next()).answer((asked) => ({ ...answerFrom(asked), bytes: broken }));
  await vi.waitUntil(() => unreadable.length > 0);
  expect(unreadable).toMatchObject([{ first: 10n, last: 10n }]);
  fetcher.stop();
});

test('what no waiting mends is fatal', async () => {
  const { fetch, next } = held();
  const { fetcher, fatal } = setUp(fetch, new Map([[0, claimAt(0, 1n)]]));
  fetcher.wake();
  (await next()).refuse(brokerError(KAFKA_ERROR.TOPIC_AUTHORIZATION_FAILED, 'not read'));
  await vi.waitUntil(() => fatal.length > 0);
  fetcher.stop();
});

test('a broker that has another topic of that name is told of before it is asked again', async () => {
  const { fetch, next } = held();
  const claim = claimAt(0, 5n);
  const { fetcher, got, otherTopic, outOfRange } = setUp(fetch, new Map([[0, claim]]));
  onTestFinished(() => fetcher.stop());
  fetcher.wake();
  (await next()).answer((asked) => refusal(asked, KAFKA_ERROR.UNKNOWN_TOPIC_ID));
  const again = await next();
  expect(otherTopic).toHaveBeenCalledOnce();
  again.answer();
  await vi.waitUntil(() => got.length === 1);
  expect(outOfRange).not.toHaveBeenCalled();
});
