import type { Control, KeyInfo } from '@cartledger/control';
import { bearerToken } from '@cartledger/service';
import { createMiddleware } from 'hono/factory';
import { badToken, noToken, unavailable, wrongScope } from './errors.ts';

/** What a request carries through the app. */
export type AdminEnv = { Variables: { caller: KeyInfo } };

/** Lets in only who shows an admin key; on every route, so none can forget it. */
export const adminsOnly = (keys: Pick<Control['keys'], 'verify'>) =>
  createMiddleware<AdminEnv>(async (c, next) => {
    const token = bearerToken(c.req.header('authorization'));
    if (token === null) throw noToken();
    const caller = await keys.verify(token).catch((error: unknown) => {
      throw unavailable('Tokens cannot be checked', error);
    });
    if (caller === null) throw badToken();
    if (caller.scope !== 'admin') throw wrongScope(caller.scope);
    c.set('caller', caller);
    await next();
  });
