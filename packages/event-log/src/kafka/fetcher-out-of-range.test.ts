import { expect, onTestFinished, test, vi } from 'vitest';
import { KAFKA_ERROR } from './error-codes.ts';
import type { FetchPartition } from './protocol/fetch.ts';
import { answerFrom, claimAt, held, refusal, setUp } from './testing/fetching.ts';

test('while those out of range are dealt with the others are read, and nothing more is told or asked of them', async () => {
  const { fetch, next } = held();
  const [lost, other, read] = [claimAt(0, 1n), claimAt(1, 2n), claimAt(2, 3n)];
  const claims = new Map([lost, other, read].map((claim) => [claim.partition, claim]));
  const { fetcher, outOfRange, got } = setUp(fetch, claims);
  onTestFinished(() => fetcher.stop());
  const dealtWith = Promise.withResolvers<void>();
  outOfRange.mockReturnValue(dealtWith.promise);
  fetcher.wake();
  (await next()).answer((asked) =>
    asked.partition === 2 ? answerFrom(asked) : refusal(asked, KAFKA_ERROR.OFFSET_OUT_OF_RANGE),
  );
  const meanwhile = await next();
  expect(meanwhile.requests).toEqual([{ partition: 2, from: 4n }]);
  const renewed = { ...claimAt(1, 9n), epoch: 2 };
  claims.set(1, renewed);
  meanwhile.answer();
  const later = await next();
  expect(later.requests).toHaveLength(2);
  expect(later.requests).toContainEqual({ partition: 1, from: 9n });
  lost.position = 7n;
  dealtWith.resolve();
  await dealtWith.promise;
  later.answer();
  expect((await next()).requests).toContainEqual({ partition: 0, from: 7n });
  expect(outOfRange).toHaveBeenCalledExactlyOnceWith([lost, other]);
  expect(got.map(({ offset }) => offset)).toEqual([3n, 4n, 9n, 5n]);
});

test('what two brokers say of one partition, as its leader changes, is told once', async () => {
  const { fetch, next } = held();
  const { client, fetcher, outOfRange } = setUp(fetch, new Map([[0, claimAt(0, 1n)]]));
  onTestFinished(() => fetcher.stop());
  outOfRange.mockReturnValue(new Promise(() => {}));
  fetcher.wake();
  const former = await next();
  vi.mocked(client.leaders).mockImplementation((asked) => new Map(asked.length > 0 ? [['2', [0]]] : []));
  fetcher.wake();
  const present = await next();
  const refused = (asked: FetchPartition) => refusal(asked, KAFKA_ERROR.OFFSET_OUT_OF_RANGE);
  present.answer(refused);
  await vi.waitUntil(() => outOfRange.mock.calls.length === 1);
  former.answer(refused);
  await new Promise(setImmediate);
  expect(outOfRange).toHaveBeenCalledOnce();
});

test('positions out of range that could not be dealt with are asked for again, when the leaders are learnt anew', async () => {
  const { fetch, next } = held();
  const { client, fetcher, outOfRange, fatal } = setUp(fetch, new Map([[0, claimAt(0, 1n)]]));
  onTestFinished(() => fetcher.stop());
  outOfRange.mockRejectedValueOnce(new Error('connection closed'));
  fetcher.wake();
  (await next()).answer((asked) => refusal(asked, KAFKA_ERROR.OFFSET_OUT_OF_RANGE));
  expect((await next()).requests).toEqual([{ partition: 0, from: 1n }]);
  expect(client.refresh).toHaveBeenCalledOnce();
  expect(fatal).toEqual([]);
});
