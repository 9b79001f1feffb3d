import { ClickHouseError } from '@cartledger/clickhouse';
import { ControlError } from '@cartledger/control';
import { EventLogError } from '@cartledger/event-log';
import { defineError, ServiceError } from '@cartledger/service';

export const noToken = defineError('no_token', 401, () => ({
  message: 'There is no token. Send one as "Authorization: Bearer TOKEN".',
  headers: { 'WWW-Authenticate': 'Bearer' },
}));

export const badToken = defineError('bad_token', 401, () => ({
  message: 'The token is unknown or revoked. Send an admin token.',
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
}));

export const wrongScope = defineError(
  'wrong_scope',
  403,
  (given: string) => `This token is for ${given}. The call needs one for admin.`,
);

export const badRequest = defineError('bad_request', 400, (field: string, message: string) => ({
  message,
  ...(field !== '' && { field }),
}));

export const bodyTooLarge = defineError(
  'body_too_large',
  413,
  (limit: number) => `The body is over ${limit} bytes. Send less.`,
);

export const notFound = defineError('not_found', 404, (path: string) => `There is nothing at ${path}.`);

export const unavailable = defineError('unavailable', 503, (what: string, cause: unknown) => ({
  message: `${what} at this moment. Wait as Retry-After says, then ask again.`,
  headers: { 'Retry-After': '5' },
  cause,
}));

const internal = defineError('internal', 500, () => 'Something failed here. The log of the server has the reason.');

/** The answer to whatever was thrown; `internal` for what nobody foresaw, whose words stay in the log. */
export const problemOf = (error: unknown): ServiceError => {
  if (error instanceof ServiceError) return error;
  if (error instanceof EventLogError && error.retriable) return unavailable('The event log does not answer', error);
  if (error instanceof ControlError) return unavailable('The control store does not answer', error);
  if (error instanceof ClickHouseError && error.retriable) return unavailable('ClickHouse does not answer', error);
  return internal();
};

export const unknownLetter = defineError('unknown_letter', 404, (id: string) => ({
  message: `There is no dead letter ${JSON.stringify(id)}. Give its id as the list prints it.`,
  field: 'id',
}));

export const letterErased = defineError('letter_erased', 404, (id: string) => ({
  message: `The visitor or customer of dead letter ${JSON.stringify(id)} was erased: it is neither shown nor replayed.`,
  field: 'id',
}));

export const unknownErasure = defineError('unknown_erasure', 404, (id: number) => `There is no erasure ${id}.`);

export const unknownStore = defineError('unknown_store', 404, (store_id: string) => ({
  message: `There is no store ${JSON.stringify(store_id)}.`,
  field: 'store_id',
}));

export const tooManyVisitors = defineError('too_many_visitors', 409, (limit: number) => ({
  message: `Events of more than ${limit} visitors name this customer: an id that many share is nobody's. Erase the visitors one by one.`,
  field: 'customer_id',
}));

export const unknownRun = defineError('unknown_run', 404, (id: number) => `There is no replay ${id}.`);

export const replayBusy = defineError('busy', 503, () => ({
  message: 'Another replay is at work. Wait as Retry-After says, then ask again.',
  headers: { 'Retry-After': '1' },
}));
