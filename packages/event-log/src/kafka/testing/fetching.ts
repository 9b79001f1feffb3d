/** A fetcher before a client whose answers a test decides. */
import { expect, vi } from 'vitest';
import { silentLogger } from '../../logger.ts';
import type { Records } from '../../port.ts';
import type { TopicClient } from '../backend.ts';
import { type Claim, createFetcher, type FetcherHandlers } from '../fetcher.ts';
import type { FetchedPartition, FetchPartition } from '../protocol/fetch.ts';
import { recordAt } from './record-at.ts';

export const claimAt = (partition: number, position: bigint): Claim => ({
  partition,
  epoch: 1,
  topicEpoch: 'id',
  position,
  paused: false,
});

/** One record at each offset below 1,000. */
export const answerFrom = ({ partition, from }: FetchPartition): FetchedPartition => ({
  partition,
  errorCode: 0,
  highWatermark: 1000n,
  lastStableOffset: 1000n,
  aborted: [],
  bytes: from < 1000n ? recordAt(from) : Buffer.alloc(0),
});

export const refusal = (asked: FetchPartition, errorCode: number): FetchedPartition => ({
  ...answerFrom(asked),
  errorCode,
  bytes: Buffer.alloc(0),
});

export function setUp(fetch: TopicClient['fetch'], claims: Map<number, Claim>) {
  const client: TopicClient = {
    epoch: async () => 'epoch',
    offsets: async () => [],
    offsetsAt: async () => new Map(),
    committed: async () => new Map(),
    leaders: vi.fn<TopicClient['leaders']>(
      (partitions) => new Map(partitions.length > 0 ? [['1', [...partitions]]] : []),
    ),
    fetch,
    refresh: vi.fn<TopicClient['refresh']>(async () => {}),
    close: async () => {},
  };
  const got: { claim: Claim; offset: bigint }[] = [];
  const hooks = { onRecords: () => {} };
  const fatal: Error[] = [];
  const outOfRange = vi.fn<FetcherHandlers['onOutOfRange']>(async () => {});
  const otherTopic = vi.fn<() => Promise<void>>(async () => {});
  const unreadable: { partition: number; first: bigint; last: bigint; error: Error }[] = [];
  const fetcher = createFetcher(
    client,
    claims,
    { maxBatchBytes: 1, verifyChecksums: false, logger: silentLogger },
    {
      onRecords(claim, records: Records) {
        got.push(...Array.from(records, ({ offset }) => ({ claim, offset })));
        hooks.onRecords();
      },
      onOutOfRange: outOfRange,
      onOtherTopic: otherTopic,
      onUnreadable: ({ partition }, range) => void unreadable.push({ partition, ...range }),
      onFatal: (error) => void fatal.push(error),
    },
  );
  return { client, fetcher, got, hooks, fatal, outOfRange, otherTopic, unreadable };
}

/** A fetch that answers when it is told to. */
export function held() {
  type Answering = (asked: FetchPartition) => FetchedPartition;
  const pending: {
    requests: readonly FetchPartition[];
    answer: (each?: Answering) => void;
    refuse: (error: Error) => void;
  }[] = [];
  const fetch: TopicClient['fetch'] = (_node, _topic, requests) =>
    new Promise((resolve, reject) => {
      pending.push({ requests, answer: (each = answerFrom) => resolve(requests.map(each)), refuse: reject });
    });
  const next = async () => {
    await vi.waitUntil(() => pending.length > 0);
    return pending.shift() ?? expect.fail();
  };
  return { fetch, next };
}
