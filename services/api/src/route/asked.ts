import type { Control, KeyInfo, Store } from '@cartledger/control';
import type { ReportQuery } from '@cartledger/reports';
import type { Clock } from '@cartledger/service';
import { storeFor } from '../caller.ts';
import { badRequest } from '../errors.ts';
import { periodOf } from '../period.ts';
import type { AnyQuery } from './query.ts';

/** The length of the window, given by either of its two names. */
const windowOf = ({ window, window_ms }: AnyQuery): number | undefined => {
  if (window !== undefined && window_ms !== undefined && window !== window_ms)
    throw badRequest('window', `window is ${window} ms and window_ms ${window_ms}: give one of them.`);
  return window ?? window_ms;
};

/** What reports are asked with: the store, if the caller may see it, all versions of its definition, and the period. */
export const createAsked =
  ({ stores, now }: { stores: Pick<Control['stores'], 'get'>; now: Clock }) =>
  async (caller: KeyInfo, id: string, given: AnyQuery): Promise<ReportQuery> => {
    const store = await storeFor(caller, id, stores);
    const { as_of, unit, mode, definition_version, breakdown, breakdown_values, refunds_on } = given;
    const window_ms = windowOf(given);
    return {
      ...definitionOf(store),
      ...periodOf(given, { timeZone: store.definition.time_zone, now: now() }),
      ...(as_of !== undefined && { as_of }),
      ...(unit !== undefined && { unit }),
      ...(mode !== undefined && { mode }),
      ...(window_ms !== undefined && { window_ms }),
      ...(definition_version !== undefined && { definition_version }),
      ...(breakdown !== undefined && { breakdown }),
      ...(breakdown_values !== undefined && { breakdown_values }),
      ...(refunds_on !== undefined && { refunds_on }),
    };
  };

const definitionOf = ({ store_id, definition, versions }: Store) => ({ store_id, definition, versions });
