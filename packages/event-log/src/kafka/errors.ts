import { EventLogError, type EventLogErrorCode } from '../port.ts';

type Verdict = { code: EventLogErrorCode; retriable: boolean };

/** Kafka's error types (and kafkajs's error names) as the port's codes; anything else is `unavailable`. */
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
  TOPIC_AUTHORIZATION_FAILED: { code: 'unavailable', retriable: false },
  GROUP_AUTHORIZATION_FAILED: { code: 'unavailable', retriable: false },
  CLUSTER_AUTHORIZATION_FAILED: { code: 'unavailable', retriable: false },
  SASL_AUTHENTICATION_FAILED: { code: 'unavailable', retriable: false },
  UNSUPPORTED_SASL_MECHANISM: { code: 'unavailable', retriable: false },
  UNSUPPORTED_VERSION: { code: 'unavailable', retriable: false },
  KafkaJSSASLAuthenticationError: { code: 'unavailable', retriable: false },
  KafkaJSNotImplemented: { code: 'unavailable', retriable: false },
  KafkaJSServerDoesNotSupportApiKey: { code: 'unavailable', retriable: false },
  // What kafkajs throws out of its own code (or a broken answer): trying again meets it again.
  TypeError: { code: 'unavailable', retriable: false },
  RangeError: { code: 'unavailable', retriable: false },
  ReferenceError: { code: 'unavailable', retriable: false },
};

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

/** Any failure of kafkajs as an EventLogError; an EventLogError as it is. */
export function asLogError(error: unknown): EventLogError {
  if (error instanceof EventLogError) {
    return error;
  }
  const names = [...chain(error)].map((link) => link.name);
  const verdict = [errorType(error) ?? '', ...names].map((name) => VERDICTS[name]).find((found) => found !== undefined);
  const reason = error instanceof Error ? error.message : String(error);
  const { code, retriable } = verdict ?? { code: 'unavailable', retriable: true };
  return new EventLogError(code, `Kafka: ${reason}`, { retriable, cause: error });
}

/** True for what the group answers a member whose assignment is over. */
export function isStaleMember(error: unknown): boolean {
  return ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS', 'FENCED_INSTANCE_ID'].includes(
    errorType(error) ?? '',
  );
}
