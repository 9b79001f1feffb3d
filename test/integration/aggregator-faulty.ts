/** A world whose aggregators can be killed or paused at any call, and in which time passes when a test says so. */
import type { Aggregator, AggregatorConfig } from '@cartledger/aggregator';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { add, event, order } from './aggregator-events.ts';
import { createWorld, type World } from './aggregator-world.ts';

/** Renewed every third of it by the clock, as a step of its own: no run takes that long, however busy the machine. */
const LEASE_MS = 60_000;
/** Before all events: what comes in of a day that is over is late, not history that a new store brings along. */
const BEGIN = Date.parse('2027-01-09T12:00:00Z');

/** Awaited before each call to ClickHouse or the control store; what it answers is awaited after the call. */
export type Hook = (call: string) => Promise<() => Promise<void>>;

export class Killed extends Error {}

export type FaultyWorld = World & {
  /** An aggregator with a hook around every call. */
  hooked(hook: Hook, config?: Partial<AggregatorConfig>): Aggregator;
  pass(ms: number): void;
  /** That of a dead aggregator. */
  leaseRunsOut(): void;
};

/** The same ClickHouse, with a hook around every call. */
const hookedClickHouse = (clickhouse: ClickHouse, hook: Hook): ClickHouse => {
  const around = async <T>(call: string, work: () => Promise<T>): Promise<T> => {
    const after = await hook(call);
    const result = await work();
    await after();
    return result;
  };
  return {
    ...clickhouse,
    query: (query, params) => around(query.name, () => clickhouse.query(query, params)),
    stream: async function* (query, params) {
      const after = await hook(query.name);
      yield* clickhouse.stream(query, params);
      await after();
    },
    command: (sql, ...rest) => around('command', () => clickhouse.command(sql, ...rest)),
    insertNative: (table, columns, data, onlyIf) =>
      around(`insert into ${table}`, () => clickhouse.insertNative(table, columns, data, onlyIf)),
  };
};

const hookedControl = (control: Control, hook: Hook): Control => {
  const hooked = <A extends unknown[], T>(name: string, work: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      const after = await hook(name);
      const result = await work(...args);
      await after();
      return result;
    };
  };
  const { leases, state, stores, positions } = control;
  return {
    ...control,
    leases: { ...leases, acquire: hooked('acquire', leases.acquire) },
    state: { ...state, get: hooked('state.get', state.get), setUnder: hooked('state.set', state.setUnder) },
    stores: { ...stores, list: hooked('stores.list', stores.list) },
    positions: { ...positions, list: hooked('positions.list', positions.list) },
  };
};

export const createFaultyWorld = async (clickhouseUrl: string): Promise<FaultyWorld> => {
  let time = BEGIN;
  const world = await createWorld(clickhouseUrl, () => time);
  const pass = (ms: number): void => {
    time += ms;
  };
  return {
    ...world,
    hooked: (hook, config = {}) =>
      world.aggregator(
        { leaseTtlMs: LEASE_MS, ...config },
        {
          clickhouse: hookedClickHouse(world.clickhouse, hook),
          control: hookedControl(world.control, hook),
        },
      ),
    pass,
    leaseRunsOut: () => pass(LEASE_MS + 1),
  };
};

/** A round is on days of its own, with a day between. */
export const ROUND_DAYS = 3;

/** A history, on days of its own, whose second half renames, empties, joins and removes what the first half made. */
export const history = (store_id: string, round = 0) => {
  const from = round * ROUND_DAYS * 1_440;
  const [v, w, c, o, hook] = [`v${round}`, `w${round}`, `c${round}`, `o${round}`, `hook${round}`];
  return {
    first: [
      add(from + 10, { store_id, visitor_id: v }),
      add(from + 11, { store_id, visitor_id: w, cart_id: c }),
      order(from + 60, o, { store_id, visitor_id: hook, source: 'webhook' }),
      event(from + 1_500, 'visit', { store_id, visitor_id: w }),
    ],
    second: [
      event(from + 5, 'cart_view', { store_id, visitor_id: v, cart_id: c }),
      order(from + 50, o, { store_id, visitor_id: w, cart_id: c }),
      event(from + 1_499, 'product_view', { store_id, visitor_id: w }),
    ],
  };
};
