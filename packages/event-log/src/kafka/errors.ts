import { EventLogError, type EventLogErrorCode } from '../port.ts';
import { KAFKA_ERROR } from './error-codes.ts';

type Verdict = { code: EventLogErrorCode; retriable: boolean };

/** Kafka's error codes as the port's; any other is `unavailable`, retriable. */
const VERDICTS: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [KAFKA_ERROR.MESSAGE_TOO_LARGE, { code: 'too_large', retriable: false }],
  [KAFKA_ERROR.RECORD_LIST_TOO_LARGE, { code: 'too_large', retriable: false }],
  [KAFKA_ERROR.OFFSET_METADATA_TOO_LARGE, { code: 'too_large', retriable: false }],
  // Also what a broker says that has just started: worth another try.
  [KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION, { code: 'unknown_topic', retriable: true }],
  [KAFKA_ERROR.INVALID_TOPIC_EXCEPTION, { code: 'unknown_topic', retriable: false }],
  // A broker whose disk fails or is full takes its logs offline; Kafka does not say which of the two it was.
  [KAFKA_ERROR.KAFKA_STORAGE_ERROR, { code: 'full', retriable: true }],
  [KAFKA_ERROR.REQUEST_TIMED_OUT, { code: 'timeout', retriable: true }],
]);

/** What no waiting mends: what we may not do, and what one of the two sides cannot do. */
const PERMANENT: ReadonlySet<number> = new Set<number>([
  KAFKA_ERROR.TOPIC_AUTHORIZATION_FAILED,
  KAFKA_ERROR.GROUP_AUTHORIZATION_FAILED,
  KAFKA_ERROR.CLUSTER_AUTHORIZATION_FAILED,
  KAFKA_ERROR.SASL_AUTHENTICATION_FAILED,
  KAFKA_ERROR.UNSUPPORTED_SASL_MECHANISM,
  KAFKA_ERROR.UNSUPPORTED_VERSION,
  KAFKA_ERROR.INVALID_GROUP_ID,
  KAFKA_ERROR.INCONSISTENT_GROUP_PROTOCOL,
  KAFKA_ERROR.INVALID_SESSION_TIMEOUT,
]);

/** What the group answers a member whose assignment is over. */
const STALE: ReadonlySet<number> = new Set<number>([
  KAFKA_ERROR.ILLEGAL_GENERATION,
  KAFKA_ERROR.UNKNOWN_MEMBER_ID,
  KAFKA_ERROR.REBALANCE_IN_PROGRESS,
  KAFKA_ERROR.FENCED_INSTANCE_ID,
]);

/** Errors that a client itself makes, by their names. */
const TIMEOUTS: ReadonlySet<string> = new Set(['KafkaJSRequestTimeoutError', 'KafkaJSTimeout', 'KafkaJSLockTimeout']);
const PERMANENT_NAMES: ReadonlySet<string> = new Set([
  'KafkaJSSASLAuthenticationError',
  'KafkaJSNotImplemented',
  'KafkaJSServerDoesNotSupportApiKey',
]);

/** What TLS says of certificates that another try will not like either. */
const BAD_CERTIFICATE = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Thrown out of a client's own code, by a defect or a broken answer: the same call meets it again. */
const DEFECTS: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** An error and what caused it, outermost first: kafkajs wraps what happened in how often it was tried. */
function* chain(error: unknown): Generator<Error> {
  let next = error;
  for (let depth = 0; next instanceof Error && depth < 10; depth++) {
    yield next;
    next = 'errors' in next && Array.isArray(next.errors) ? next.errors[0] : next.cause;
  }
}

/** Kafka's error code somewhere in the chain, if a broker told one. */
export function kafkaCode(error: unknown): number | undefined {
  for (const link of chain(error)) {
    if ('code' in link && typeof link.code === 'number') {
      return link.code;
    }
  }
  return undefined;
}

function isNamed(error: unknown, names: ReadonlySet<string>): boolean {
  return [...chain(error)].some(({ name }) => names.has(name));
}

function isBadCertificate(error: unknown): boolean {
  return [...chain(error)].some(
    (link) =>
      'code' in link &&
      typeof link.code === 'string' &&
      // The other side says it by an alert, which OpenSSL names.
      (BAD_CERTIFICATE.has(link.code) || link.code.includes('_ALERT_')),
  );
}

export function isPermanent(error: unknown): boolean {
  return (
    PERMANENT.has(kafkaCode(error) ?? KAFKA_ERROR.NONE) || isNamed(error, PERMANENT_NAMES) || isBadCertificate(error)
  );
}

function verdictOf(error: unknown): Verdict {
  const told = VERDICTS.get(kafkaCode(error) ?? KAFKA_ERROR.NONE);
  if (told) {
    return told;
  }
  return isNamed(error, TIMEOUTS)
    ? { code: 'timeout', retriable: true }
    : { code: 'unavailable', retriable: !isPermanent(error) && !isNamed(error, DEFECTS) };
}

/** What happened, in words: one that only holds others ("Topic creation errors") is followed by the first of them. */
function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (const link of chain(error)) {
    messages.push(link.message);
    if (!('errors' in link)) {
      break;
    }
  }
  return messages.filter((message) => message !== '').join(': ') || String(error);
}

/** Any failure of a Kafka client as an EventLogError; an EventLogError as it is. */
export function asLogError(error: unknown): EventLogError {
  if (error instanceof EventLogError) {
    return error;
  }
  const { code, retriable } = verdictOf(error);
  return new EventLogError(code, `Kafka: ${reasonOf(error)}`, { retriable, cause: error });
}

/** True for what the group answers a member whose assignment is over. */
export function isStaleMember(error: unknown): boolean {
  return STALE.has(kafkaCode(error) ?? KAFKA_ERROR.NONE);
}
