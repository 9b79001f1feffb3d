import { defineError } from '@cartledger/service';

const retryAfter = (seconds: number) => ({ 'Retry-After': String(seconds) });

export const noToken = defineError('no_token', 401, () => ({
  message: 'There is no token. Send one as "Authorization: Bearer TOKEN".',
  headers: { 'WWW-Authenticate': 'Bearer' },
}));

export const badToken = defineError('bad_token', 401, () => ({
  message: 'The token is unknown or revoked. Send a read token of the store.',
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
}));

export const wrongScope = defineError(
  'wrong_scope',
  403,
  (given: string, needed: string) => `This token is for ${given}. The call needs one for ${needed}.`,
);

/** The same for a store that is not there and one the token may not see: nobody learns which stores exist. */
export const unknownStore = defineError('unknown_store', 404, (store_id: string) => ({
  message: `There is no store ${JSON.stringify(store_id)} that this token may see. Use the store's own token, or mend the name.`,
  field: 'store_id',
}));

export const unknownVisitor = defineError('unknown_visitor', 404, (visitor_id: string) => ({
  message: `The store has no event of visitor ${JSON.stringify(visitor_id)}.`,
  field: 'visitor_id',
}));

export const unknownCart = defineError('unknown_cart', 404, (cart_key: string) => ({
  message: `The store has no cart ${JSON.stringify(cart_key)}. Give the key as reports print it.`,
  field: 'cart_key',
}));

export const componentTooLarge = defineError('component_too_large', 409, (message: string) => ({ message }));

export const unknownKey = defineError('unknown_key', 404, (key_id: string) => ({
  message: `The store has no key ${JSON.stringify(key_id)} that is not revoked yet.`,
  field: 'key_id',
}));

export const notFound = defineError(
  'not_found',
  404,
  (path: string) => `There is nothing at ${path}. See /openapi.json.`,
);

export const badRequest = defineError('bad_request', 400, (field: string, message: string) => ({
  message,
  ...(field === '' ? {} : { field }),
}));

export const malformedJson = defineError('malformed_json', 400, () => 'The body is not JSON. Send one JSON object.');

export const bodyTooLarge = defineError(
  'body_too_large',
  413,
  (limit: number) => `The body is over ${limit} bytes. Send less.`,
);

export const notReady = defineError('not_ready', 409, (message: string) => ({ message, headers: retryAfter(5) }));

export const recounting = defineError('recounting', 409, (message: string) => ({ message, headers: retryAfter(2) }));

export const storeExists = defineError('store_exists', 409, (message: string) => ({ message, field: 'store_id' }));

export const unavailable = defineError('unavailable', 503, (what: string, cause: unknown) => ({
  message: `${what} at this moment. Wait as Retry-After says, then ask again.`,
  headers: retryAfter(5),
  cause,
}));

export const internal = defineError(
  'internal',
  500,
  () => 'Something failed here. The log of the server has the reason.',
);
