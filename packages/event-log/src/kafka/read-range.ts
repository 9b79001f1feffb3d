import { setTimeout as delay } from 'node:timers/promises';
import { EventLogError, type LogRecord } from '../port.ts';
import type { TopicClient } from './backend.ts';
import { brokerError, KAFKA_ERROR } from './error-codes.ts';
import { asLogError, kafkaCode } from './errors.ts';
import { readRecordSet } from './record-batch/record-set.ts';

const LIMITS = { maxBytesPerPartition: 1024 * 1024, maxWaitMs: 250 };
const MAX_FAILURES = 6;
const MAX_EMPTY = 100;
const FIRST_DELAY_MS = 100;

/** The records of [from, to) of a partition as far as the log goes now. Throws EventLogError. */
export async function* readRange(
  client: TopicClient,
  topic: string,
  partition: number,
  from: bigint,
  to: bigint,
): AsyncGenerator<LogRecord, void, undefined> {
  const range = async () => {
    const lag = (await client.offsets()).find((candidate) => candidate.partition === partition);
    if (!lag) {
      throw new EventLogError('unknown_topic', `topic ${topic} has no partition ${partition}`, { retriable: false });
    }
    return lag;
  };
  const topicId = await client.epoch();
  const { earliest, end } = await range();
  const until = to < end ? to : end;
  let position = from < earliest ? earliest : from;
  let failures = 0;
  let empty = 0;

  while (position < until) {
    try {
      const [nodeId = ''] = client.leaders([partition]).keys();
      const [answer] = await client.fetch(nodeId, topicId, [{ partition, from: position }], LIMITS);
      failures = 0;
      if (!answer) {
        return;
      }
      if (answer.errorCode !== KAFKA_ERROR.NONE) {
        throw brokerError(answer.errorCode, `${topic}/${partition} was not read`);
      }
      let next = position;
      for (const run of readRecordSet(answer, position)) {
        for (const record of run.records) {
          if (record.offset < until) {
            yield record;
          }
        }
        next = run.next;
      }
      if (next === position && answer.lastStableOffset <= position) {
        return; // what follows belongs to transactions still open
      }
      empty = next === position ? empty + 1 : 0;
      if (empty === MAX_EMPTY) {
        throw new EventLogError('unavailable', `Kafka answers nothing at offset ${position} of ${topic}/${partition}`, {
          retriable: true,
        });
      }
      position = next;
    } catch (error) {
      const failure = asLogError(error);
      if (kafkaCode(error) === KAFKA_ERROR.OFFSET_OUT_OF_RANGE) {
        const moved = await range();
        position = position < moved.earliest ? moved.earliest : until;
      } else if (!failure.retriable || empty === MAX_EMPTY || ++failures === MAX_FAILURES) {
        throw failure;
      } else {
        await delay(FIRST_DELAY_MS * 2 ** failures);
        await client.refresh();
      }
    }
  }
}
