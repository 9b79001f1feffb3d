import { fetchV13 } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import type { FetchedPartition } from './fetch.ts';
import { fetchByIdRequest } from './fetch-by-id.ts';
import { compactArray, int16, int32, int64, NO_TAGS, unsignedVarint } from './fields.ts';

const LIMITS = { maxBytesPerPartition: 1_000, maxWaitMs: 250 };
const ID = '0123456789abcdef0123456789abcdef';
const UUID = '01234567-89ab-cdef-0123-456789abcdef';

test('the request is the one another client makes, behind the tags of the header', () => {
  const asked = Array.from({ length: 200 }, (_, partition) => ({ partition, from: 2n ** 40n + BigInt(partition) }));
  const partitions = asked.map(({ partition, from: fetchOffset }) => ({
    partition,
    fetchOffset,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes: 1_000,
  }));
  const theirs = fetchV13.createRequest(250, 1, 32 * 1024 * 1024, 1, 0, -1, [{ topicId: UUID, partitions }], [], '');
  expect(fetchByIdRequest(ID, asked, LIMITS).body).toEqual(Buffer.concat([NO_TAGS, theirs.buffer]));
});

const partitions: FetchedPartition[] = [
  { partition: 0, errorCode: 100, highWatermark: -1n, lastStableOffset: -1n, aborted: [], bytes: Buffer.alloc(0) },
  {
    partition: 7,
    errorCode: 0,
    highWatermark: 2n ** 40n,
    lastStableOffset: 5n,
    aborted: [{ producerId: 3n, firstOffset: 4n }],
    bytes: Buffer.alloc(300, 'records'),
  },
];

function answerOf(errorCode = 0): Buffer {
  const each = partitions.map((answer) =>
    Buffer.concat([
      int32(answer.partition),
      int16(answer.errorCode),
      int64(answer.highWatermark),
      int64(answer.lastStableOffset),
      int64(0n), // log_start_offset
      answer.aborted.length === 0
        ? unsignedVarint(0)
        : compactArray(
            answer.aborted.map(({ producerId, firstOffset }) =>
              Buffer.concat([int64(producerId), int64(firstOffset), NO_TAGS]),
            ),
          ),
      int32(-1), // preferred_read_replica
      answer.bytes.length === 0
        ? unsignedVarint(0)
        : Buffer.concat([unsignedVarint(answer.bytes.length + 1), answer.bytes]),
      Buffer.from([1, 1, 3, 7, 7, 7]), // a tagged field: who leads it now
    ]),
  );
  const topic = Buffer.concat([Buffer.from(ID, 'hex'), compactArray(each), NO_TAGS]);
  return Buffer.concat([NO_TAGS, int32(77), int16(errorCode), int32(0), compactArray([topic]), NO_TAGS]);
}

const { decode } = fetchByIdRequest(ID, [], LIMITS);

test('the answer is read partition by partition, with what went wrong with each', () => {
  expect(decode(answerOf())).toEqual({ answer: partitions, throttleMs: 77 });
});

test('an answer that is cut off anywhere is refused', () => {
  const answer = answerOf();
  for (let cut = 0; cut < answer.length; cut++) {
    expect(() => decode(answer.subarray(0, cut))).toThrow(RangeError);
  }
});

test('a request refused as a whole throws: asking on at once would never end', () => {
  expect(() => decode(answerOf(35))).toThrow(/UNSUPPORTED_VERSION/);
});
