import { defineError } from '@cartledger/service';

const closing = { Connection: 'close' };
const retryAfter = (seconds: number) => ({ 'Retry-After': String(Math.max(1, Math.ceil(seconds))) });

export const noKey = defineError('no_key', 401, () => ({
  message: 'There is no key. Send your write key as "Authorization: Bearer KEY", as X-Write-Key or as ?key=.',
  headers: { 'WWW-Authenticate': 'Bearer' },
}));

export const badKey = defineError('bad_key', 401, () => ({
  message: 'The key is unknown or revoked. Send a write key of the store.',
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
}));

export const wrongScope = defineError(
  'wrong_scope',
  403,
  (scope: string) => `This key is for ${scope}. Sending events needs a key for events:write.`,
);

export const importNeedsAdmin = defineError(
  'wrong_scope',
  403,
  () => 'Importing (header cartledger-import) needs an admin key. Leave the header out, or use one.',
);

export const badMethod = defineError('method_not_allowed', 405, () => ({
  message: 'Events are sent with POST.',
  headers: { Allow: 'POST, OPTIONS' },
}));

export const slowBody = defineError('request_timeout', 408, (timeoutMs: number) => ({
  message: `The body did not arrive within ${timeoutMs} ms. Send smaller batches.`,
  headers: closing,
}));

export const trickledBody = defineError('request_timeout', 408, (minBytesPerSecond: number) => ({
  message: `The body comes slower than ${minBytesPerSecond} bytes a second. Send smaller batches.`,
  headers: closing,
}));

export const cutBody = defineError('incomplete_body', 400, () => 'The body ended early. Send it again.');

export const badEncoding = defineError('bad_encoding', 400, (encoding: string) => ({
  message: `The body is not valid ${encoding}. Send what Content-Encoding names.`,
  field: 'Content-Encoding',
}));

export const badText = defineError('malformed_json', 400, () => 'The body is not UTF-8. Send JSON in UTF-8.');

export const malformedJson = defineError(
  'malformed_json',
  400,
  (position: number, line: number, column: number) =>
    `The body is not JSON: it goes wrong at position ${position} (line ${line}, column ${column}).`,
);

export const badBody = defineError(
  'bad_body',
  400,
  () => 'The body is JSON but neither an array of events, nor {"events": [...]}, nor one event. Send one of these.',
);

export const bodyTooLarge = defineError('body_too_large', 413, (limit: number, what: 'sent' | 'unpacked') => ({
  message: `The body is over ${limit} bytes as ${what}. Send fewer events in one request.`,
  headers: closing,
}));

export const tooManyEvents = defineError(
  'too_many_events',
  413,
  (count: number, limit: number) => `${count} events are more than ${limit} in one request. Send them in several.`,
);

export const badContentType = defineError('unsupported_media_type', 415, (given: string) => ({
  message: `Content-Type is ${JSON.stringify(given.slice(0, 80))}. Send application/json (or text/plain) in UTF-8.`,
  field: 'Content-Type',
}));

export const unknownEncoding = defineError('unsupported_encoding', 415, (given: string) => ({
  message: `Content-Encoding is ${JSON.stringify(given.slice(0, 80))}. Send gzip, deflate, br or none.`,
  field: 'Content-Encoding',
  headers: { 'Accept-Encoding': 'gzip, deflate, br' },
}));

export const rateLimited = defineError('rate_limited', 429, (waitMs: number) => ({
  message: 'This key sends more events than allowed. Wait as Retry-After says, then send again.',
  headers: retryAfter(waitMs / 1_000),
}));

export const tooManyRequests = defineError('too_many_requests', 429, (limit: number) => ({
  message: `This key has ${limit} requests in the making. Wait as Retry-After says, then send again.`,
  headers: retryAfter(1),
}));

export const overloaded = defineError('overloaded', 503, () => ({
  message: 'Too much is being taken in at this moment. Wait as Retry-After says, then send again.',
  headers: { ...retryAfter(1), ...closing },
}));

export const stopping = defineError('stopping', 503, () => ({
  message: 'This process is stopping. Send again.',
  headers: { ...retryAfter(1), ...closing },
}));

export const keysUnavailable = defineError('unavailable', 503, (cause: unknown) => ({
  message: 'Keys cannot be checked at this moment. Wait as Retry-After says, then send again.',
  headers: retryAfter(5),
  cause,
}));

export const WAIT_UNAVAILABLE_S = 5;
/** Room does not come back in a moment. */
export const WAIT_FULL_S = 30;

const SEND_AGAIN =
  'some of these may have been taken. Wait as Retry-After says, then send all of them again: an event sent twice counts once.';

export const logUnavailable = defineError('log_unavailable', 503, (cause: unknown) => ({
  message: `The event log cannot take events at this moment; ${SEND_AGAIN}`,
  headers: retryAfter(WAIT_UNAVAILABLE_S),
  cause,
}));

export const spoolFull = defineError('log_full', 503, (cause: unknown) => ({
  message: `The event log is away, and there is no more room to keep events until it is back; ${SEND_AGAIN}`,
  headers: retryAfter(WAIT_FULL_S),
  cause,
}));

export const logFull = defineError('log_full', 503, (cause: unknown) => ({
  message: `The event log has no room for events until its operator frees disk space; ${SEND_AGAIN}`,
  headers: retryAfter(WAIT_FULL_S),
  cause,
}));
