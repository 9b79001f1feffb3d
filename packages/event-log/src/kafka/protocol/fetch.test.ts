import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { type FetchedPartition, fetchRequest } from './fetch.ts';

const require = createRequire(import.meta.url);
const theirs: (options: object) => {
  encode(): Promise<{ buffer: Buffer }>;
} = require('kafkajs/src/protocol/requests/fetch/v11/request.js');

const LIMITS = { maxBytesPerPartition: 1_000, maxWaitMs: 250 };

test('the request is the one kafkajs makes', async () => {
  const asked = [
    { partition: 0, from: 5n },
    { partition: 7, from: 2n ** 40n },
  ];
  const { buffer } = await theirs({
    replicaId: -1,
    maxWaitTime: 250,
    minBytes: 1,
    maxBytes: 32 * 1024 * 1024,
    isolationLevel: 1,
    topics: [
      {
        topic: 'töpic',
        partitions: asked.map(({ partition, from }) => ({ partition, fetchOffset: `${from}`, maxBytes: 1_000 })),
      },
    ],
  }).encode();
  expect(fetchRequest('töpic', asked, LIMITS).body.equals(buffer)).toBe(true);
});

const int = (bits: 16 | 32 | 64, value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes.subarray(8 - bits / 8);
};

function answerOf(partitions: FetchedPartition[], errorCode = 0): Buffer {
  const each = partitions.map((answer) =>
    Buffer.concat([
      int(32, answer.partition),
      int(16, answer.errorCode),
      int(64, answer.highWatermark),
      int(64, answer.lastStableOffset),
      int(64, 0), // log_start_offset
      int(32, answer.aborted.length || -1), // null when there are none
      ...answer.aborted.flatMap(({ producerId, firstOffset }) => [int(64, producerId), int(64, firstOffset)]),
      int(32, -1), // preferred_read_replica
      int(32, answer.bytes.length || -1),
      answer.bytes,
    ]),
  );
  const topic = [int(16, 1), Buffer.from('t'), int(32, partitions.length), ...each];
  return Buffer.concat([int(32, 77), int(16, errorCode), int(32, 0), int(32, 1), ...topic]);
}

const partitions: FetchedPartition[] = [
  { partition: 0, errorCode: 1, highWatermark: -1n, lastStableOffset: -1n, aborted: [], bytes: Buffer.alloc(0) },
  {
    partition: 7,
    errorCode: 0,
    highWatermark: 2n ** 40n,
    lastStableOffset: 5n,
    aborted: [{ producerId: 3n, firstOffset: 4n }],
    bytes: Buffer.from('records'),
  },
];
const { decode } = fetchRequest('t', [], LIMITS);

test('the answer is read partition by partition, with what went wrong with each', () => {
  expect(decode(answerOf(partitions))).toEqual({ answer: partitions, throttleMs: 77 });
});

test('an answer that is cut off anywhere is refused', () => {
  const answer = answerOf(partitions);
  for (let cut = 0; cut < answer.length; cut++) {
    expect(() => decode(answer.subarray(0, cut))).toThrow(RangeError);
  }
});

test('a request refused as a whole throws: asking on at once would never end', () => {
  expect(() => decode(answerOf([], 35))).toThrow(/UNSUPPORTED_VERSION/);
});
