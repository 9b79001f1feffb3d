import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import { ControlError } from './error.ts';
import { type Control, type KeyInfo, type KeyLimits, SCOPES, type Scope } from './port.ts';
import type { Tables } from './schema.ts';

const LETTERS: Record<Scope, string> = { 'events:write': 'w', 'reports:read': 'r', admin: 'a' };
const KEY = /^ck_[wra]_([0-9a-z]{12})_[A-Za-z0-9_-]{43}$/;
const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

const newKeyId = (): string => Array.from({ length: 12 }, () => ID_ALPHABET[randomInt(36)]).join('');
const sha256 = (key: string): Buffer => createHash('sha256').update(key).digest();
const isScope = (scope: string): scope is Scope => SCOPES.some((known) => known === scope);

// Compared with when there is no such key, so that an unknown id takes as long as a wrong secret.
const NOBODY = sha256('nobody');

const infoOf = (row: Omit<Tables['access_keys'], 'sha256'>): KeyInfo => {
  const { key_id, store_id, scope, created_at, revoked_at, events_per_second, burst_events } = row;
  if (!isScope(scope)) throw new Error(`key ${key_id} has the unknown scope ${scope}`);
  return { key_id, store_id, scope, created_at, revoked_at, events_per_second, burst_events };
};

const checkRequest = (store_id: string | null, scope: Scope): void => {
  if (!isScope(scope)) {
    throw new ControlError('bad_key_request', `scope is "${String(scope)}": use one of ${SCOPES.join(', ')}.`, {
      field: 'scope',
    });
  }
  if (scope === 'admin' && store_id !== null) {
    throw new ControlError('bad_key_request', 'An admin key covers every store: leave the store out.', {
      field: 'scope',
    });
  }
  if (scope !== 'admin' && store_id === null) {
    throw new ControlError('bad_key_request', `A key for ${scope} belongs to one store: name it.`, {
      field: 'store_id',
    });
  }
};

const MAX_RATE = 1_000_000;
/** So many seconds' worth of its rate a key may send at once. */
const BURST_SECONDS = 5;

type LimitsRequest = Parameters<Control['keys']['create']>[2];

const limitsOf = (scope: Scope, { events_per_second, burst_events }: NonNullable<LimitsRequest> = {}): KeyLimits => {
  const given = { events_per_second, burst_events };
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (scope !== 'events:write') {
      throw new ControlError('bad_key_request', `${field} limits keys for events:write only: leave it out.`, { field });
    }
    if (!Number.isInteger(value) || value < 1 || value > MAX_RATE) {
      throw new ControlError('bad_key_request', `${field} is ${value}: use a whole number from 1 to ${MAX_RATE}.`, {
        field,
      });
    }
  }
  if (events_per_second === undefined) return { events_per_second: null, burst_events: burst_events ?? null };
  return { events_per_second, burst_events: burst_events ?? events_per_second * BURST_SECONDS };
};

/**
 * Keys read `ck_<w|r|a>_<key id>_<32 random bytes, base64url>`. The id finds the row, the SHA-256 of the whole
 * key (256 random bits: no salt or stretching is needed) decides, compared in constant time.
 */
export const createKeys = ({ db, now }: { db: Kysely<Tables>; now: () => number }): Control['keys'] => ({
  async create(store_id, scope, limits) {
    checkRequest(store_id, scope);
    const own = limitsOf(scope, limits);
    if (store_id !== null) {
      const store = await db
        .selectFrom('stores')
        .select('store_id')
        .where('store_id', '=', store_id)
        .executeTakeFirst();
      if (!store) {
        throw new ControlError('unknown_store', `store_id is "${store_id}": there is no such store. Create it first.`, {
          field: 'store_id',
        });
      }
    }
    const key_id = newKeyId();
    const key = `ck_${LETTERS[scope]}_${key_id}_${randomBytes(32).toString('base64url')}`;
    await db
      .insertInto('access_keys')
      .values({
        key_id,
        store_id,
        scope,
        sha256: sha256(key).toString('hex'),
        created_at: now(),
        revoked_at: null,
        ...own,
      })
      .execute();
    return { key_id, key };
  },

  async verify(key) {
    const key_id = KEY.exec(key)?.[1];
    if (key_id === undefined) return null;
    const row = await db.selectFrom('access_keys').selectAll().where('key_id', '=', key_id).executeTakeFirst();
    const same = timingSafeEqual(sha256(key), row ? Buffer.from(row.sha256, 'hex') : NOBODY);
    return row && same && row.revoked_at === null ? infoOf(row) : null;
  },

  async list(store_id) {
    const rows = await db
      .selectFrom('access_keys')
      .select(['key_id', 'store_id', 'scope', 'created_at', 'revoked_at', 'events_per_second', 'burst_events'])
      .where('store_id', store_id === null ? 'is' : '=', store_id)
      .orderBy('created_at')
      .orderBy('key_id')
      .execute();
    return rows.map(infoOf);
  },

  async revoke(key_id) {
    const row = await db
      .updateTable('access_keys')
      .set({ revoked_at: now() })
      .where('key_id', '=', key_id)
      .where('revoked_at', 'is', null)
      .returning('key_id')
      .executeTakeFirst();
    return row !== undefined;
  },
});
