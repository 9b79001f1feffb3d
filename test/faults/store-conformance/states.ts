import {
  createHorizons,
  createStoreStates,
  createTouched,
  forgottenStores,
  KEY_COLUMNS,
  lastEvent,
  orphans,
  visitorsBetween,
} from '@cartledger/aggregator/testing';
import { createCalendar, DEFAULT_DEFINITION } from '@cartledger/funnel';
import { createLinks, visitorsFrom } from '@cartledger/history';
import { EVENT_COLUMNS, TOUCH_COLUMNS } from '@cartledger/ingest/testing';
import { describe, expect, test } from 'vitest';
import { beginWriting, byNumber, type Suite } from './harness.ts';
import { eventRow, NOON } from './samples.ts';

const LARGEST = 2n ** 64n - 1n;

export const statesSection = (suite: Suite): void => {
  const visit = (store_id: string, ...visitors: bigint[]): Promise<void> =>
    suite.clickhouse.insertNative(
      'events',
      EVENT_COLUMNS,
      visitors.map((visitor_hash) =>
        eventRow({
          store_id,
          visitor_id: `${visitor_hash}`,
          visitor_hash,
          event_id: 'e',
          event_time: NOON + Number(visitor_hash % 100n),
        }),
      ),
    );

  describe('states, rebuilds and the sweep', () => {
    test('a state is as it was written last; its times go on without the rest', async () => {
      const { fence } = await beginWriting(suite.clickhouse);
      const states = createStoreStates({ clickhouse: suite.clickhouse, fence });
      const store_id = suite.newStore();
      const versions = [{ from: null, definition: DEFAULT_DEFINITION }];
      const store = {
        store_id,
        created_at: 0,
        definition: { ...DEFAULT_DEFINITION, time_zone: 'Asia/Kolkata' },
        versions,
      };
      await states.write([{ store, asOf: 1_000, lastEventAt: 5 }]);
      expect((await states.read()).get(store_id)?.keptFrom).toBe('1970-01-01');
      const keptFrom = '2026-02-28';
      await states.write([{ store, asOf: 2_001, lastEventAt: 6, keptFrom }]);
      const said = { definitionVersion: DEFAULT_DEFINITION.version, timeZone: 'Asia/Kolkata', keptFrom };
      expect((await states.read()).get(store_id)).toEqual({ asOf: 2_001, lastEventAt: 6, ...said });
      await states.advance(store_id, NOON, NOON - 1);
      for (const merged of [false, true]) {
        if (merged) await suite.merge('store_state');
        expect((await states.read()).get(store_id)).toEqual({ asOf: NOON, lastEventAt: NOON - 1, ...said });
      }
      const nobody = suite.newStore();
      await states.advance(nobody, 1, 1);
      expect((await states.read()).has(nobody)).toBe(false);
    });

    test('the horizon of a store is the latest that was written, whoever asks', async () => {
      const { fence } = await beginWriting(suite.clickhouse);
      const horizons = () => createHorizons({ clickhouse: suite.clickhouse, fence, calendarOf: createCalendar });
      const store = { store_id: suite.newStore(), created_at: 0, definition: DEFAULT_DEFINITION, versions: [] };
      const first = horizons();
      await first.read([store]);
      expect([first.of(store.store_id), first.keptFrom(store.store_id)]).toEqual([0, '1970-01-01']);
      await first.move(store, Date.parse('2026-03-01T00:00:00Z'));
      await first.move(store, Date.parse('2026-03-02T00:00:00Z'));
      const second = horizons();
      await second.read([store]);
      for (const known of [first, second]) {
        expect(known.keptFrom(store.store_id)).toBe('2026-03-02');
        expect(known.isFrozen({ store_id: store.store_id, day: '2026-03-01' })).toBe(true);
        expect(known.isFrozen({ store_id: store.store_id, day: '2026-03-02' })).toBe(false);
      }
    });

    test('visitors come in order, each once, from one on and up to a limit', async () => {
      const store_id = suite.newStore();
      await visit(store_id, 5n, LARGEST, 1n);
      await visit(store_id, 5n, 2n ** 63n);
      const from = async (first: bigint, limit: number) =>
        (await suite.clickhouse.query(visitorsFrom, { store_id, from: first, limit })).map((row) => row.visitor_hash);
      expect(await from(0n, 10)).toEqual([1n, 5n, 2n ** 63n, LARGEST]);
      expect(await from(2n, 2)).toEqual([5n, 2n ** 63n]);
      expect(await from(LARGEST, 2)).toEqual([LARGEST]);
      const some = await suite.clickhouse.query(visitorsBetween, { store_id, first: 5n, last: 2n ** 63n, limit: 9 });
      expect(some.map((row) => row.visitor_hash)).toEqual([5n, 2n ** 63n]);
    });

    test('a store is forgotten that has a visitor of done batches alone, or of none at all for long', async () => {
      const touched = async (done: boolean, store_id: string, ...visitors: bigint[]): Promise<void> => {
        const batch_id = suite.newBatch();
        const touches = visitors.map((visitor_hash) => ({ batch_id, store_id, visitor_hash, neighbors: [] }));
        await suite.clickhouse.insertNative('touches', TOUCH_COLUMNS, touches);
        if (done) await createTouched(suite.clickhouse).markDone([batch_id]);
      };
      const [waiting, left, untouched] = [suite.newStore(), suite.newStore(), suite.newStore()];
      for (const store_id of [waiting, left, untouched]) await visit(store_id, 1n, 2n);
      await touched(true, waiting, 1n);
      await touched(false, waiting, 1n, 2n);
      await touched(true, left, 1n);
      await touched(false, left, 2n);
      // Another store's touches of the same visitors say nothing.
      await touched(false, suite.newStore(), 1n, 2n);
      const forgotten = async (before: number): Promise<Set<string>> => {
        const stores = [waiting, left, untouched, 'nobody'];
        const rows = await suite.clickhouse.query(forgottenStores, { stores, before });
        return new Set(rows.map(({ store_id }) => store_id));
      };
      expect(await forgotten(NOON)).toEqual(new Set([left]));
      expect(await forgotten(NOON + 1)).toEqual(new Set([left, untouched]));
    });

    test('the last event is the latest of those that are kept', async () => {
      const store_id = suite.newStore();
      expect(await suite.clickhouse.query(lastEvent, { store_id })).toEqual([{ at: 0 }]);
      const row = { store_id, visitor_id: 'v', event_id: 'e' };
      await suite.clickhouse.insertNative('events', EVENT_COLUMNS, [
        eventRow({ ...row, event_time: NOON + 9, version: 1n }),
      ]);
      await suite.clickhouse.insertNative('events', EVENT_COLUMNS, [
        eventRow({ ...row, event_time: NOON, version: 2n }),
      ]);
      expect(await suite.clickhouse.query(lastEvent, { store_id })).toEqual([{ at: NOON }]);
    });

    test('edges lead both ways, and what hangs together is found from anywhere', async () => {
      const [store_id, other] = [suite.newStore(), suite.newStore()];
      const links = createLinks(suite.clickhouse);
      const touches = new Map<bigint, bigint[]>([
        [1n, [10n, 11n]],
        [2n, [11n]],
        [3n, [LARGEST]],
      ]);
      await links.add(new Map([[store_id, touches]]));
      await links.add(
        new Map([
          [store_id, touches],
          [other, new Map([[1n, [12n]]])],
        ]),
      );
      const graphs = await links.close(
        new Map([
          [store_id, [2n, 3n]],
          [other, [1n]],
        ]),
      );
      const componentsOf = (store: string) =>
        graphs
          .get(store)
          ?.components()
          .map(({ nodes }) => nodes.toSorted(byNumber));
      expect(componentsOf(store_id)).toEqual([
        [1n, 2n, 10n, 11n],
        [3n, LARGEST],
      ]);
      expect(componentsOf(other)).toEqual([[1n, 12n]]);
    });

    test('places with keys and neither events nor a neighbor that has any are orphans, with their neighbors', async () => {
      const store_id = suite.newStore();
      const key = { store_id, kind: 'cart', day: '2026-06-15', key: 'k', version: 1n, is_deleted: 0, digest: 1n };
      const nodes = [1n, 2n, 3n, 4n, 5n, LARGEST];
      await suite.clickhouse.insertNative(
        'ledger_keys',
        KEY_COLUMNS,
        nodes.map((node) => ({ ...key, node })),
      );
      await suite.clickhouse.insertNative('ledger_keys', KEY_COLUMNS, [
        { ...key, node: 5n, version: 2n, is_deleted: 1 },
      ]);
      await visit(store_id, 1n, 20n);
      // 2 is a cart of visitor 20, who is here; 3 one of visitors 30 and 31, who are not; 4 stands alone.
      const edges = new Map([
        [20n, [2n]],
        [30n, [3n]],
        [31n, [3n]],
      ]);
      await createLinks(suite.clickhouse).add(new Map([[store_id, edges]]));
      const find = async (first: bigint, last: bigint, limit = 10) =>
        (await suite.clickhouse.query(orphans, { store_id, first, last, limit })).map(({ node, neighbors }) => [
          node,
          neighbors.toSorted(byNumber),
        ]);
      expect(await find(0n, LARGEST)).toEqual([
        [3n, [30n, 31n]],
        [4n, []],
        [LARGEST, []],
      ]);
      expect(await find(0n, LARGEST, 1)).toEqual([[3n, [30n, 31n]]]);
      expect(await find(4n, LARGEST - 1n)).toEqual([[4n, []]]);
      expect(await find(5n, 6n)).toEqual([]);
    });
  });
};
