import type { Broker } from 'kafkajs';
import { EventLogError } from '../../port.ts';
import { KAFKA_ERROR } from '../error-codes.ts';
import type { RawRequest } from '../protocol/request.ts';
import { newestVersion, sendRaw } from './raw-request.ts';

/**
 * kafkajs asks for metadata up to version 6, which knows topics by name only. Version 10 (Kafka 2.8, KIP-516) has
 * the topic's id, so that version is asked here over kafkajs's own connection, with its TLS, SASL and timeouts.
 */
const METADATA_KEY = 3;
const METADATA_VERSION = 10;

const NO_ID = '00000000000000000000000000000000';

type Answer = { errorCode: number; id: string };

/** The id Kafka gave the topic when it was made, as 32 hex digits. Throws EventLogError. */
export async function fetchTopicId(broker: Broker, topic: string): Promise<string> {
  if (newestVersion(broker, METADATA_KEY) < METADATA_VERSION) {
    throw new EventLogError('unavailable', 'this Kafka has no topic ids: Cartledger needs version 2.8 or newer', {
      retriable: false,
    });
  }
  const { errorCode, id } = await sendRaw(broker, metadataRequest(topic));
  if (errorCode === KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION) {
    throw new EventLogError('unknown_topic', `Kafka has no topic ${topic}`, { retriable: true });
  }
  if (errorCode !== KAFKA_ERROR.NONE || id === NO_ID) {
    throw new EventLogError('unavailable', `Kafka does not tell the id of topic ${topic} (error ${errorCode})`, {
      retriable: errorCode !== KAFKA_ERROR.NONE,
    });
  }
  return id;
}

function metadataRequest(topic: string): RawRequest<Answer> {
  return {
    apiKey: METADATA_KEY,
    apiVersion: METADATA_VERSION,
    apiName: 'Metadata',
    body: encodeRequest(topic),
    decode: (payload) => ({ answer: decodeResponse(payload), throttleMs: 0 }),
  };
}

/** Lengths of a "compact" field count from 1, 0 being null; short ones fit one byte (a topic name may need two). */
function unsignedVarint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}

function encodeRequest(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    Buffer.from([0]), // the header's tagged fields, which kafkajs's older header does not write
    Buffer.from(unsignedVarint(2)), // one topic
    Buffer.alloc(16), // its id: asked by name
    Buffer.from(unsignedVarint(name.length + 1)),
    name,
    Buffer.from([0]), // the topic's tagged fields
    Buffer.from([0, 0, 0]), // no auto-creation, no authorized operations of cluster and topic
    Buffer.from([0]), // tagged fields
  ]);
}

/** Reads as far as the first topic's id. */
function decodeResponse(payload: Buffer): Answer {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = payload.readUInt8(at++);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value >>> 0;
      }
    }
  };
  const skipString = () => {
    const size = varint();
    at += Math.max(0, size - 1);
  };
  const skipTaggedFields = () => {
    for (let left = varint(); left > 0; left--) {
      varint(); // the tag
      const size = varint();
      at += size;
    }
  };

  skipTaggedFields(); // of the header
  at += 4; // throttle_time_ms
  for (let brokers = varint() - 1; brokers > 0; brokers--) {
    at += 4; // node_id
    skipString(); // host
    at += 4; // port
    skipString(); // rack
    skipTaggedFields();
  }
  skipString(); // cluster_id
  at += 4; // controller_id
  if (varint() < 2) {
    return { errorCode: KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION, id: NO_ID };
  }
  const errorCode = payload.readInt16BE(at);
  at += 2;
  skipString(); // name
  return { errorCode, id: payload.toString('hex', at, at + 16) };
}
