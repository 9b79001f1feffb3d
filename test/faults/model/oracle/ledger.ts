import { contentOf, createDigest, ROLLUPS } from '@cartledger/aggregator/testing';
import type { Store as Shop } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import { buildLedger, type Calendar, createCalendar, type KeptEvent, rowKey } from '@cartledger/funnel';
import { digestOfRow, nameOf } from '../store/answers/ledger.ts';
import { differingDays } from '../store/answers/rollups.ts';
import { ofStore } from '../store/answers/sets.ts';
import type { Readable } from '../store/server.ts';
import { big, bool, int, type Row, text } from '../store/value.ts';
import type { World } from '../world/scheduler.ts';

type Fail = World['fail'];
type Tables = Pick<Readable, 'table'>;

const calendars = new Map<string, Calendar>();
const calendarOf = (zone: string): Calendar => {
  const calendar = calendars.get(zone) ?? createCalendar(zone);
  calendars.set(zone, calendar);
  return calendar;
};

/** What the ledger has to say of whole components of a shop: the digest of each row, by its name. */
const expectedRows = (
  events: readonly KeptEvent[],
  { definition, versions }: Shop,
  hasher: Hasher,
): Map<string, bigint> => {
  const digestOf = createDigest(hasher);
  const days = calendarOf(definition.time_zone);
  return new Map(
    buildLedger({ events, definition, versions, days }).map((row) => [
      `${hasher.xxh64(row.node)} ${row.kind} ${row.day} ${rowKey(row)}`,
      digestOf(row.kind, contentOf(row)),
    ]),
  );
};

const firstDifference = (is: ReadonlyMap<string, bigint>, should: ReadonlyMap<string, bigint>): string | null => {
  for (const [name, digest] of should) {
    if (!is.has(name)) return `${name} is missing`;
    if (is.get(name) !== digest) return `${name} is not as its events say`;
  }
  for (const name of is.keys()) if (!should.has(name)) return `${name} is of no event`;
  return null;
};

const rowsOf = (tables: Tables, isWanted: (row: Row) => boolean): Map<string, bigint> =>
  new Map(
    tables
      .table('ledger_rows')
      .final()
      .filter(isWanted)
      .map((row) => [nameOf(row), digestOfRow(row)]),
  );

/** A difference between the ledger of a shop and its events, in words. `within`: of whole components, their nodes. */
export const ledgerDiffers = (
  tables: Tables,
  shop: Shop,
  { events, hasher, within }: { events: readonly KeptEvent[]; hasher: Hasher; within?: ReadonlySet<bigint> },
): string | null => {
  const isMine = ofStore(shop.store_id);
  const stored = rowsOf(tables, (row) => isMine(row) && (within?.has(big(row, 'node')) ?? true));
  return firstDifference(stored, expectedRows(events, shop, hasher));
};

/** The keys name just the rows there are, with what these say. */
const keysDiffer = (tables: Tables, { store_id }: Shop): string | null => {
  const isMine = ofStore(store_id);
  const keys = tables.table('ledger_keys').final().filter(isMine);
  return firstDifference(new Map(keys.map((row) => [nameOf(row), big(row, 'digest')])), rowsOf(tables, isMine));
};

const dirtyDays = (tables: Tables, isMine: (row: Row) => boolean): Set<string> =>
  new Set(
    tables
      .table('dirty_days')
      .final()
      .filter((row) => isMine(row) && bool(row, 'dirty'))
      .map((row) => `${text(row, 'rollup')} ${text(row, 'day')}`),
  );

/** A day that readers take from its rollup, and that is not the sum of its ledger rows. */
export const rollupDiffers = (tables: Tables, { store_id }: Shop): string | null => {
  const isMine = ofStore(store_id);
  const dirty = dirtyDays(tables, isMine);
  for (const rollup of ROLLUPS) {
    const settled = new Map(
      rollup === 'cart'
        ? tables
            .table('cart_days')
            .final()
            .filter(isMine)
            .map((row) => [text(row, 'day'), int(row, 'settled_at')])
        : [],
    );
    const isRead = (row: Row): boolean => isMine(row) && !dirty.has(`${rollup} ${text(row, 'day')}`);
    const [wrong] = differingDays(tables, rollup, isRead, (place) => settled.get(text(place, 'day')) ?? 0);
    if (wrong !== undefined) return `the ${rollup} rollup of ${wrong} is not the sum of its rows`;
  }
  return null;
};

export type AtRest = {
  tables: Tables;
  shops: readonly Shop[];
  eventsOf: (store_id: string) => readonly KeptEvent[];
  hasher: Hasher;
  /** Else a key may be announced without its row: nobody reads it, and the sweep removes it. */
  isSwept: boolean;
};

/** L2 to L4: ledgers are what the kept events say, rollups are the sums of ledgers, `as_of` has reached the last event. */
export const judgeLedgers = (fail: Fail, { tables, shops, eventsOf, hasher, isSwept }: AtRest): void => {
  for (const shop of shops) {
    const { store_id } = shop;
    const events = eventsOf(store_id);
    const drift = ledgerDiffers(tables, shop, { events, hasher }) ?? (isSwept ? keysDiffer(tables, shop) : null);
    if (drift !== null) fail('drift', `ledger of ${store_id}: ${drift}`);
    const differs = rollupDiffers(tables, shop);
    if (differs !== null) fail('rollup', `${store_id}: ${differs}`);
    if (events.length === 0) continue;
    const last = Math.max(...events.map(({ event_time }) => event_time));
    const [state] = tables.table('store_state').final().filter(ofStore(store_id));
    if (state === undefined || int(state, 'as_of') < last || int(state, 'last_event_at') < last)
      fail('as_of', `${store_id} is told of as of ${state?.as_of}, and its last event is of ${last}`);
  }
};
