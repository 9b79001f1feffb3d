import {
  AuthenticationError,
  GenericError,
  NetworkError,
  TimeoutError,
  UnsupportedApiError,
} from '@platformatic/kafka';
import { EventLogError } from '../../port.ts';
import { brokerError, KAFKA_ERROR } from '../error-codes.ts';

/** An error, what it is made of and what caused it, outermost first. */
function* tree(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth === 10) {
    return;
  }
  yield error;
  for (const part of error instanceof AggregateError ? error.errors : []) {
    yield* tree(part, depth + 1);
  }
  yield* tree(error.cause, depth + 1);
}

/**
 * What the client throws, in words that errors.ts judges by: its own errors carry Kafka's numbers as `apiCode`, and it
 * calls refused and interrupted authentication by one name.
 */
export function failureOf(error: unknown): unknown {
  const links = [...tree(error)];
  const ours = links.find((link) => link instanceof EventLogError);
  if (ours) {
    return ours;
  }
  const told = links.find((link) => 'apiCode' in link && typeof link.apiCode === 'number' && link.apiCode !== 0);
  if (told && 'apiCode' in told && typeof told.apiCode === 'number') {
    return Object.assign(brokerError(told.apiCode, told.message), { cause: error });
  }
  if (links.some((link) => link instanceof TimeoutError)) {
    return new EventLogError('timeout', `Kafka: ${links.at(-1)?.message}`, { retriable: true, cause: error });
  }
  // What the client itself says last: a connection lost while we proved who we are is no refusal.
  const last = links.findLast((link) => link instanceof GenericError);
  if (last instanceof UnsupportedApiError) {
    return Object.assign(brokerError(KAFKA_ERROR.UNSUPPORTED_VERSION, last.message), { cause: error });
  }
  if (last instanceof AuthenticationError) {
    const reason = links.at(-1)?.message ?? last.message;
    return Object.assign(brokerError(KAFKA_ERROR.SASL_AUTHENTICATION_FAILED, reason), { cause: error });
  }
  return error;
}

/** Of a request that got no answer, `closed` says nothing; why the connection was closed does. */
export function withReason(error: unknown, lastOfConnection: Error | undefined): unknown {
  const bare = error instanceof NetworkError && error.cause === undefined;
  return bare && lastOfConnection !== undefined ? lastOfConnection : error;
}
