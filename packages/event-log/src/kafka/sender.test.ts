import { expect, test } from 'vitest';
import { partitionOf } from '../murmur2.ts';
import { readRecordSet } from './record-batch/record-set.ts';
import { createRecordSender, type Leaders } from './sender.ts';

const NOW = 1_700_000_000_000;

type Batch = { partition: number; values: string[]; timestamps: number[] };
type Broker = (request: Buffer) => Buffer;

/** Reads a Produce v7 request of one topic, and answers it with these error codes by partition. */
function brokerOf(answer: (batches: Batch[]) => [partition: number, errorCode: number][]) {
  const requests: Batch[][] = [];
  const broker: Broker = (request) => {
    const batches = batchesOf(request);
    requests.push(batches);
    return answerOf(answer(batches));
  };
  return { broker, requests };
}

function batchesOf(body: Buffer): Batch[] {
  let at = 2 + 2 + 4 + 4; // transactional id, acks, timeout, topics
  at += 2 + body.readInt16BE(at);
  const batches: Batch[] = [];
  for (let left = body.readInt32BE(at); left > 0; left--) {
    const [partition, size] = [body.readInt32BE(at + 4), body.readInt32BE(at + 8)];
    at += 8;
    const set = { partition, bytes: body.subarray(at + 4, at + 4 + size), aborted: [] };
    const [run] = readRecordSet(set, 0n, { verifyChecksums: true });
    const records = [...(run?.records ?? [])];
    batches.push({
      partition,
      values: records.map(({ value }) => String(value)),
      timestamps: records.map(({ timestamp }) => timestamp),
    });
    at += size;
  }
  return batches;
}

function answerOf(partitions: [partition: number, errorCode: number][]): Buffer {
  const name = Buffer.from([0, 1, 0x74]);
  const count = Buffer.alloc(4);
  count.writeInt32BE(partitions.length);
  const each = partitions.map(([partition, errorCode]) => {
    const bytes = Buffer.alloc(4 + 2 + 8 + 8 + 8);
    bytes.writeInt32BE(partition);
    bytes.writeInt16BE(errorCode, 4);
    return bytes;
  });
  return Buffer.concat([Buffer.from([0, 0, 0, 1]), name, count, ...each, Buffer.alloc(4)]);
}

/** A sender over these brokers, each of which leads the partitions named. */
function setUp(brokers: Record<string, { broker: Broker; leads: number[] }>, partitions: number) {
  const learnt: boolean[] = [];
  const leaders: Leaders = {
    learn: async (anew) => void learnt.push(anew),
    partitions: () => partitions,
    of: (asked) =>
      new Map(
        Object.entries(brokers).flatMap(([nodeId, { leads }]) => {
          const led = asked.filter((partition) => leads.includes(partition));
          return led.length > 0 ? [[nodeId, led]] : [];
        }),
      ),
    ask: async (nodeId, { body, decode }) => decode((brokers[nodeId] ?? expect.fail()).broker(body)).answer,
    close: async () => {},
  };
  return { sender: createRecordSender(leaders, 't', { now: () => NOW }), learnt };
}

const taken = (batches: Batch[]) => batches.map(({ partition }): [number, number] => [partition, 0]);
const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `${i}`, value: Buffer.from(`${i}`) }));

test("every record goes to its key's partition, in order, one batch a partition, to the leader", async () => {
  const [first, second] = [brokerOf(taken), brokerOf(taken)];
  const { sender } = setUp({ 1: { ...first, leads: [0, 1] }, 2: { ...second, leads: [2] } }, 3);
  await sender.sendOnce(records(100));
  expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  const batches = [...first.requests.flat(), ...second.requests.flat()];
  expect(batches.map(({ partition }) => partition)).toEqual([0, 1, 2]);
  for (const { partition, values } of batches) {
    const wanted = records(100).filter(({ key }) => partitionOf(key, 3) === partition);
    expect(values).toEqual(wanted.map(({ key }) => key));
  }
});

test('a record without a time has that of the sending, and times are whole', async () => {
  const broker = brokerOf(taken);
  const { sender } = setUp({ 1: { ...broker, leads: [0] } }, 1);
  await sender.sendOnce([...records(1), { key: 'k', value: null, timestamp: 5.7 }]);
  expect(broker.requests[0]?.[0]?.timestamps).toEqual([NOW, 5]);
});

test('one partition refused fails the sending, when all brokers have answered, and the leaders are learnt anew', async () => {
  const refusing = brokerOf((batches) => batches.map(({ partition }) => [partition, partition === 1 ? 6 : 0]));
  const other = brokerOf(taken);
  const { sender, learnt } = setUp({ 1: { ...refusing, leads: [0, 1] }, 2: { ...other, leads: [2] } }, 3);
  await expect(sender.sendOnce(records(100))).rejects.toMatchObject({ code: 'unavailable', retriable: true });
  expect(other.requests).toHaveLength(1);
  await expect(sender.sendOnce(records(100))).rejects.toThrow(/t\/1 were not taken: NOT_LEADER_OR_FOLLOWER/);
  expect(learnt).toEqual([false, true]);
});

test('what waiting does not mend is told before what it may', async () => {
  const [moved, refused] = [6, 10].map((code) => brokerOf((batches) => batches.map((each) => [each.partition, code])));
  const { sender } = setUp(
    {
      1: { broker: moved?.broker ?? expect.fail(), leads: [0] },
      2: { broker: refused?.broker ?? expect.fail(), leads: [1] },
    },
    2,
  );
  await expect(sender.sendOnce(records(100))).rejects.toMatchObject({ code: 'too_large', retriable: false });
});

test('a partition nobody leads, or that is left out of the answer, is not taken for written', async () => {
  const broker = brokerOf(taken);
  const { sender } = setUp({ 1: { ...broker, leads: [0] } }, 2);
  const unavailable = { code: 'unavailable', retriable: true };
  await expect(sender.sendOnce(records(100))).rejects.toMatchObject(unavailable);
  const silent = brokerOf(() => []);
  await expect(setUp({ 1: { ...silent, leads: [0] } }, 1).sender.sendOnce(records(1))).rejects.toMatchObject(
    unavailable,
  );
});
