import type { Broker } from 'kafkajs';
import { expect, test } from 'vitest';
import { fetchTopicId } from './topic-id.ts';

const ID = '0123456789abcdef0123456789abcdef';

type Sent = {
  request: { encode(): Promise<{ buffer: Buffer }> };
  response: { decode(payload: Buffer): Promise<unknown>; parse(decoded: unknown): Promise<unknown> };
};

/** A broker that answers Metadata v10 with one broker and one topic, and shows what it was asked. */
function brokerAnswering(topic: { errorCode: number; name: string; id: string }, maxVersion = 12) {
  const asked: Buffer[] = [];
  const compact = (text: string) => Buffer.from([text.length + 1, ...Buffer.from(text)]);
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const answer = Buffer.concat([
    Buffer.from([1, 0, 2, 9, 9]), // a tagged field in the header, which newer brokers may send
    int32(0),
    Buffer.from([2]),
    int32(1),
    compact('kafka.example'),
    int32(9092),
    Buffer.from([0, 0]), // no rack, no tagged fields
    compact('cluster'),
    int32(1),
    Buffer.from([2, 0, topic.errorCode]),
    compact(topic.name),
    Buffer.from(topic.id, 'hex'),
    Buffer.from([0, 1, 0]),
  ]);
  const broker = {
    versions: { 3: { minVersion: 0, maxVersion } },
    connectionPool: {
      async send({ request, response }: Sent) {
        asked.push((await request.encode()).buffer);
        return response.parse(await response.decode(answer));
      },
    },
  };
  return { broker: broker as unknown as Broker, asked };
}

test("a topic's id is read from the answer, past whatever stands before it", async () => {
  const { broker, asked } = brokerAnswering({ errorCode: 0, name: 'events', id: ID });
  expect(await fetchTopicId(broker, 'events')).toBe(ID);
  expect(asked[0]?.toString('latin1')).toContain('\x07events');
});

test('a name longer than one length byte can say is written whole', async () => {
  const { broker, asked } = brokerAnswering({ errorCode: 0, name: 'x', id: ID });
  await fetchTopicId(broker, 'n'.repeat(200));
  expect(asked[0]?.subarray(18, 20)).toEqual(Buffer.from([0xc9, 0x01])); // 201 as a varint
});

test('a topic that is not there is unknown_topic', async () => {
  const { broker } = brokerAnswering({ errorCode: 3, name: 'events', id: '0'.repeat(32) });
  await expect(fetchTopicId(broker, 'events')).rejects.toMatchObject({ code: 'unknown_topic' });
});

test('a Kafka without topic ids is refused with what is needed', async () => {
  const { broker } = brokerAnswering({ errorCode: 0, name: 'events', id: ID }, 9);
  await expect(fetchTopicId(broker, 'events')).rejects.toThrow(/2\.8 or newer/);
  const zeros = brokerAnswering({ errorCode: 0, name: 'events', id: '0'.repeat(32) });
  await expect(fetchTopicId(zeros.broker, 'events')).rejects.toMatchObject({ code: 'unavailable', retriable: false });
});
