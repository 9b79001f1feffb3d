import { AuthenticationError, MultipleErrors, NetworkError, ResponseError, TimeoutError } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { EventLogError } from '../../port.ts';
import { KAFKA_ERROR } from '../error-codes.ts';
import { asLogError, isStaleMember, kafkaCode } from '../errors.ts';
import { failureOf, withReason } from './failures.ts';

const METADATA = 3;
/** As the client throws what a broker answered. */
const told = (type: keyof typeof KAFKA_ERROR): Error =>
  new ResponseError(METADATA, 10, { '/topics/0': [KAFKA_ERROR[type], null] }, {});
const verdict = (error: Error) => asLogError(failureOf(error));

test.each([
  ['MESSAGE_TOO_LARGE', 'too_large', false],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown_topic', true],
  ['KAFKA_STORAGE_ERROR', 'full', true],
  ['NOT_LEADER_OR_FOLLOWER', 'unavailable', true],
  ['TOPIC_AUTHORIZATION_FAILED', 'unavailable', false],
] as const)('%s is %s, retriable %s, however deep it lies', (type, code, retriable) => {
  expect(verdict(told(type))).toMatchObject({ code, retriable });
  const deep = new MultipleErrors('failed 3 times', [new NetworkError('failed', { cause: told(type) })]);
  expect(verdict(deep)).toMatchObject({ code, retriable });
  expect(kafkaCode(failureOf(deep))).toBe(KAFKA_ERROR[type]);
});

test('a refusal to believe who we are is for good; a connection lost meanwhile is not', () => {
  const failed = (cause: Error): Error =>
    new NetworkError('Connection to b:9092 failed.', { cause: new AuthenticationError('SASL failed.', { cause }) });
  expect(verdict(failed(told('SASL_AUTHENTICATION_FAILED')))).toMatchObject({ retriable: false });
  expect(verdict(failed(new Error('the broker refuses the token')))).toMatchObject({ retriable: false });
  expect(verdict(failed(new NetworkError('Connection closed')))).toMatchObject({ retriable: true });
  expect(verdict(failed(new TimeoutError('Request timed out')))).toMatchObject({ code: 'timeout', retriable: true });
});

test('what a source of tokens says is told as it said it', () => {
  const away = new EventLogError('unavailable', 'the token endpoint does not answer', { retriable: true });
  const error = new NetworkError('Connection failed.', { cause: new AuthenticationError('threw.', { cause: away }) });
  expect(failureOf(error)).toBe(away);
});

test('a certificate that is not believed is for good, also when only the connection was told', () => {
  const alert = Object.assign(new Error('alert'), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
  const ofConnection = new NetworkError('Connection error', { cause: alert });
  const closed = new NetworkError('Connection closed');
  expect(verdict(closed)).toMatchObject({ retriable: true });
  expect(asLogError(failureOf(withReason(closed, ofConnection)))).toMatchObject({ retriable: false });
});

test('what the group answers a member whose assignment is over is known as that', () => {
  expect(isStaleMember(failureOf(told('ILLEGAL_GENERATION')))).toBe(true);
  expect(isStaleMember(failureOf(told('NOT_COORDINATOR')))).toBe(false);
});
