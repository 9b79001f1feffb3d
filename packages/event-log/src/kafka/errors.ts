import { EventLogError, type EventLogErrorCode } from '../port.ts';

type Verdict = { code: EventLogErrorCode; retriable: boolean };

/** Kafka's error types (and kafkajs's error names) as the port's codes; anything else is `unavailable`, retriable. */
const VERDICTS: Record<string, Verdict> = {
  MESSAGE_TOO_LARGE: { code: 'too_large', retriable: false },
  RECORD_LIST_TOO_LARGE: { code: 'too_large', retriable: false },
  OFFSET_METADATA_TOO_LARGE: { code: 'too_large', retriable: false },
  // Also what a broker says that has just started: worth another try.
  UNKNOWN_TOPIC_OR_PARTITION: { code: 'unknown_topic', retriable: true },
  INVALID_TOPIC_EXCEPTION: { code: 'unknown_topic', retriable: false },
  // A broker whose disk fails or is full takes its logs offline; Kafka does not say which of the two it was.
  KAFKA_STORAGE_ERROR: { code: 'full', retriable: true },
  REQUEST_TIMED_OUT: { code: 'timeout', retriable: true },
  KafkaJSRequestTimeoutError: { code: 'timeout', retriable: true },
  KafkaJSTimeout: { code: 'timeout', retriable: true },
  KafkaJSLockTimeout: { code: 'timeout', retriable: true },
};

/** What no waiting mends: what we may not do, and what one of the two sides cannot do. */
const PERMANENT = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_SESSION_TIMEOUT',
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

/** Thrown out of kafkajs's own code, by a defect or a broken answer: the same call meets it again. */
const DEFECTS = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** An error and what caused it, outermost first: kafkajs wraps what happened in how often it was tried. */
function* chain(error: unknown): Generator<Error> {
  let next = error;
  for (let depth = 0; next instanceof Error && depth < 10; depth++) {
    yield next;
    next = 'errors' in next && Array.isArray(next.errors) ? next.errors[0] : next.cause;
  }
}

/** Kafka's error type somewhere in the chain, such as NOT_LEADER_FOR_PARTITION. */
export function errorType(error: unknown): string | undefined {
  for (const link of chain(error)) {
    if ('type' in link && typeof link.type === 'string') {
      return link.type;
    }
  }
  return undefined;
}

/** The error's type and the names of all it was caused by. */
function namesOf(error: unknown): string[] {
  return [errorType(error) ?? '', ...[...chain(error)].map((link) => link.name)];
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
  return namesOf(error).some((name) => PERMANENT.has(name)) || isBadCertificate(error);
}

/** Any failure of kafkajs as an EventLogError; an EventLogError as it is. */
export function asLogError(error: unknown): EventLogError {
  if (error instanceof EventLogError) {
    return error;
  }
  const names = namesOf(error);
  const verdict = names.map((name) => VERDICTS[name]).find((found) => found !== undefined);
  const hopeless = isPermanent(error) || names.some((name) => DEFECTS.has(name));
  const reason = error instanceof Error ? error.message : String(error);
  const { code, retriable } = verdict ?? { code: 'unavailable', retriable: !hopeless };
  return new EventLogError(code, `Kafka: ${reason}`, { retriable, cause: error });
}

/** True for what the group answers a member whose assignment is over. */
export function isStaleMember(error: unknown): boolean {
  return ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'].includes(
    errorType(error) ?? '',
  );
}
