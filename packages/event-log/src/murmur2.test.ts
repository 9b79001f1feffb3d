import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { expect, test } from 'vitest';
import { murmur2, partitionOf } from './murmur2.ts';

test("hashes as Kafka's own Utils.murmur2 does (vectors of Apache Kafka's UtilsTest)", () => {
  const vectors: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of vectors) {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  }
});

test("puts any key where kafkajs's Java-compatible partitioner puts it", () => {
  const partitioner = Partitioners.JavaCompatiblePartitioner();
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
      const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 1,
        replicas: [1],
        isr: [1],
      }));
      const theirs = partitioner({ topic: 't', partitionMetadata, message: { key: Buffer.from(key), value: null } });
      expect(partitionOf(key, partitions)).toBe(theirs);
    }),
  );
});
