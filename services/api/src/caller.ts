import type { Control, KeyInfo, Store } from '@cartledger/control';
import { bearerToken } from '@cartledger/service';
import { createMiddleware } from 'hono/factory';
import type { ApiEnv } from './env.ts';
import { badToken, noToken, unavailable, unknownStore, wrongScope } from './errors.ts';

/** Lets in only who shows a key that may read; on every route below it, so none can forget it. */
export const identifyCaller = (keys: Pick<Control['keys'], 'verify'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const token = bearerToken(c.req.header('authorization'));
    if (token === null) throw noToken();
    const caller = await keys.verify(token).catch((error: unknown) => {
      throw unavailable('Tokens cannot be checked', error);
    });
    if (!caller) throw badToken();
    if (caller.scope === 'events:write') throw wrongScope(caller.scope, 'reports:read');
    c.set('caller', caller);
    await next();
  });

export const requireAdmin = (caller: KeyInfo): void => {
  if (caller.scope !== 'admin') throw wrongScope(caller.scope, 'admin');
};

/**
 * The store, if the caller may see it. A token of another store is turned away before the store is looked up, with
 * the answer for a store that does not exist: neither words nor time tell whether it does.
 */
export const storeFor = async (
  caller: KeyInfo,
  store_id: string,
  stores: Pick<Control['stores'], 'get'>,
): Promise<Store> => {
  if (caller.scope !== 'admin' && caller.store_id !== store_id) throw unknownStore(store_id);
  const store = await stores.get(store_id);
  if (!store) throw unknownStore(store_id);
  return store;
};
