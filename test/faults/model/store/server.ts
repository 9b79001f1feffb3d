/** The server behind all connections: tables, what is under way, and what ails it. */
import type { ClickHouseError } from '@cartledger/clickhouse';
import { overloaded, REFUSALS, unavailable } from './errors.ts';
import type { TableSchema } from './schema.ts';
import { createTable, type Table } from './tables.ts';
import type { Row } from './value.ts';

/** What a statement will have done when it lands. */
export type Effect = (torn?: number) => void;

export type Statement = {
  /** Stands for it in errors: `the insert into events`. */
  action: string;
  /** Tells it from others in traces. */
  name: string;
  /** As system.processes shows it. */
  text: string;
  /** Its conditions are asked and what it reads is read now; throws the server's refusal. */
  begin(): Effect;
};

export type UnderWay = { statement: Statement; effect: Effect /** The server went down meanwhile. */; isCut: boolean };

/** What answers and commands may ask of the server. */
export type Readable = {
  /** Throws for a table that is not there: UNKNOWN_TABLE. */
  table(name: string): Table;
  /** The texts of the statements between begin and land. */
  underWay(): readonly string[];
  now(): number;
};

export type Server = Readable & {
  /** Throws when nothing is answered at present. */
  expectUp(action: string): void;
  isUp(): boolean;
  /** Its rows are written in parts that may land apart. */
  hasParts(table: string): boolean;
  begin(statement: Statement): UnderWay;
  land(underWay: UnderWay, torn?: number): void;
  /** How it refuses a call this time: each of several ways in turn. */
  refusal(action: string): ClickHouseError;
  /** Gone for some time. What is under way lands or is gone with it, and nobody is told. */
  restart(downMs: number, lands: (action: string) => boolean): void;
  /** Takes no writes for some time. */
  readOnly(ms: number): void;
  /** Refuses rows of an insert; may be replaced at any time. */
  refuse: (table: string, rows: readonly Row[]) => ClickHouseError | null;
};

export const createServer = ({
  schema,
  now,
  unknownTable,
}: {
  schema: ReadonlyMap<string, TableSchema>;
  now: () => number;
  unknownTable: (name: string) => Error;
}): Server => {
  const tables = new Map([...schema].map(([name, table]) => [name, createTable(table)]));
  const underWay = new Set<UnderWay>();
  let downUntil = Number.NEGATIVE_INFINITY;
  let readOnlyUntil = Number.NEGATIVE_INFINITY;
  let refusals = 0;

  const expectUp = (action: string): void => {
    if (now() < downUntil) throw unavailable(action);
  };

  const server: Server = {
    table: (name) => {
      const table = tables.get(name);
      if (table === undefined) throw unknownTable(name);
      return table;
    },
    underWay: () => [...underWay].map(({ statement }) => statement.text),
    now,
    expectUp,
    isUp: () => now() >= downUntil,
    hasParts: (name) => schema.get(name)?.partitionBy !== undefined && schema.get(name)?.partitionBy !== null,
    begin: (statement) => {
      expectUp(statement.action);
      if (now() < readOnlyUntil) throw overloaded('TABLE_IS_READ_ONLY', statement.action);
      const begun = { statement, effect: statement.begin(), isCut: false };
      underWay.add(begun);
      return begun;
    },
    land: (begun, torn) => {
      if (begun.isCut) throw unavailable(begun.statement.action);
      underWay.delete(begun);
      begun.effect(torn);
    },
    refusal: (action) => {
      const code = REFUSALS[refusals++ % REFUSALS.length] ?? 'unavailable';
      return code === 'unavailable' ? unavailable(action) : overloaded(code, action);
    },
    restart: (downMs, lands) => {
      for (const begun of underWay) {
        begun.isCut = true;
        if (lands(begun.statement.action)) begun.effect();
      }
      underWay.clear();
      downUntil = Math.max(downUntil, now() + downMs);
    },
    readOnly: (ms) => {
      readOnlyUntil = Math.max(readOnlyUntil, now() + ms);
    },
    refuse: () => null,
  };
  return server;
};
