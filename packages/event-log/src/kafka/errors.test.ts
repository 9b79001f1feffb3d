import { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError, KafkaJSRequestTimeoutError } from 'kafkajs';
import { expect, test } from 'vitest';
import { EventLogError } from '../port.ts';
import { KAFKA_ERROR } from './error-codes.ts';
import { asLogError, isPermanent, isStaleMember } from './errors.ts';

/** As kafkajs throws it after its attempts: the protocol's error inside one about how often it was tried. */
function givenUp(type: keyof typeof KAFKA_ERROR): Error {
  const inner = new KafkaJSProtocolError(Object.assign(new Error(type), { type: 'any', code: KAFKA_ERROR[type] }));
  return new KafkaJSNumberOfRetriesExceeded(inner, { retryCount: 5, retryTime: 1 });
}

test.each([
  ['MESSAGE_TOO_LARGE', 'too_large', false],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown_topic', true],
  ['KAFKA_STORAGE_ERROR', 'full', true],
  ['REQUEST_TIMED_OUT', 'timeout', true],
  ['NOT_ENOUGH_REPLICAS', 'unavailable', true],
  ['NOT_LEADER_OR_FOLLOWER', 'unavailable', true],
  ['TOPIC_AUTHORIZATION_FAILED', 'unavailable', false],
] as const)('%s is %s, retriable %s, however deep it lies', (type, code, retriable) => {
  const error = givenUp(type);
  expect(asLogError(error)).toMatchObject({ name: 'EventLogError', code, retriable, cause: error });
});

test('what only waiting mends is retriable, what kafkajs trips over itself is not', () => {
  const late = new KafkaJSRequestTimeoutError('late', {
    broker: 'b',
    clientId: 'c',
    correlationId: 1,
    createdAt: 0,
    sentAt: 0,
    pendingDuration: 0,
  });
  expect(asLogError(late)).toMatchObject({ code: 'timeout', retriable: true });
  expect(asLogError(new TypeError("reading 'brokers' of null"))).toMatchObject({ retriable: false });
  expect(asLogError(new Error('who knows'))).toMatchObject({ code: 'unavailable', retriable: true });
  const ours = new EventLogError('closed', 'stopped', { retriable: false });
  expect(asLogError(ours)).toBe(ours);
});

test.each([
  [
    new AggregateError([new Error('no leave to make it')], 'Topic creation errors'),
    'Topic creation errors: no leave to make it',
  ],
  [new AggregateError([new Error('refused by ::1')]), 'refused by ::1'],
  [new AggregateError([], 'all of none'), 'all of none'],
  [new Error('gone', { cause: new Error('once') }), 'gone'],
  ['thrown as text', 'thrown as text'],
])('the reason is told, not only that there was one: %s', (error, reason) => {
  expect(asLogError(error).message).toBe(`Kafka: ${reason}`);
});

test('what may not be done ends a membership, and what is over is not an error of the log', () => {
  expect(isPermanent(givenUp('GROUP_AUTHORIZATION_FAILED'))).toBe(true);
  expect(isPermanent(givenUp('COORDINATOR_NOT_AVAILABLE'))).toBe(false);
  expect(isPermanent(new TypeError('a race of kafkajs'))).toBe(false);
  expect(isStaleMember(givenUp('ILLEGAL_GENERATION'))).toBe(true);
  expect(isStaleMember(givenUp('NOT_COORDINATOR'))).toBe(false);
});
