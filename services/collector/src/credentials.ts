import type { Control, KeyInfo } from '@cartledger/control';
import { bearerToken } from '@cartledger/service';
import type { HonoRequest } from 'hono';
import { badKey, importNeedsAdmin, keysUnavailable, noKey, wrongScope } from './errors.ts';

/** Set to 1 by imports: each event's own received_at is kept, and its age does not matter. */
export const IMPORT_REQUEST_HEADER = 'cartledger-import';

export type Sender = { key: KeyInfo; imported: boolean };

/** `?key=` is for sendBeacon, which can set no header; addresses of requests are therefore never logged. */
const keyOf = (request: HonoRequest): string | null =>
  bearerToken(request.header('authorization')) ?? request.header('x-write-key')?.trim() ?? request.query('key') ?? null;

/** Who sends, by the key. Throws 401, 403, or 503 when keys cannot be checked. */
export const identify = async (request: HonoRequest, keys: Pick<Control['keys'], 'verify'>): Promise<Sender> => {
  const given = keyOf(request);
  if (given === null || given === '') throw noKey();
  const key = await keys.verify(given).catch((error: unknown) => {
    throw keysUnavailable(error);
  });
  if (!key) throw badKey();
  if (key.scope === 'reports:read') throw wrongScope(key.scope);
  const imported = request.header(IMPORT_REQUEST_HEADER) === '1';
  if (imported && key.scope !== 'admin') throw importNeedsAdmin();
  return { key, imported };
};
