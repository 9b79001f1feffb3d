import type { InsertCondition } from '@cartledger/clickhouse';
import type { DecodedBlock } from '@cartledger/clickhouse/testing';
import { holds } from './conditions.ts';
import { conditionFailed, refused } from './errors.ts';
import type { TableSchema } from './schema.ts';
import type { Server, Statement } from './server.ts';
import type { Row, Value } from './value.ts';

const plainType = (type: string): string => type.replaceAll(/LowCardinality\(([^()]*)\)/g, '$1');

/** What a column holds that an insert does not name. */
const defaultOf = (type: string): Value => {
  if (type.startsWith('Array(')) return [];
  if (type.startsWith('Nullable(')) return null;
  if (type === 'Bool') return false;
  if (type === 'String') return '';
  if (/^(U?Int(8|16|32)|DateTime.*)$/.test(type)) return 0;
  if (/^U?Int(64|128)$/.test(type)) return 0n;
  throw new Error(`the model knows no default of type ${type}`);
};

const toSecond = (value: Value): Value => (typeof value === 'number' ? value - (value % 1_000) : value);

/** How values of a block become those of a column. */
const castOf = (from: string, to: string): ((value: Value) => Value) => {
  if (from === to) return (value) => value;
  if (from.startsWith('DateTime64(3') && /^DateTime\('/.test(to)) return toSecond;
  throw new Error(`the model casts no ${from} to ${to}`);
};

/** Rows as the table will hold them, with the server's time where the table says so. */
const completed = ({ columns }: TableSchema, block: DecodedBlock, now: number, action: string): Row[] => {
  const given = new Map(block.columns.map(({ name, type }) => [name, type]));
  for (const name of given.keys()) if (!columns.has(name)) throw refused('NO_SUCH_COLUMN_IN_TABLE', action);
  const makers = [...columns.values()].map(({ name, type, isServerTime }) => {
    const from = given.get(name);
    if (from === undefined) {
      const value = isServerTime ? now : defaultOf(plainType(type));
      return { name, make: () => value };
    }
    const cast = castOf(from, plainType(type));
    return { name, make: (row: Row) => cast(row[name] ?? null) };
  });
  return block.rows.map((row) => Object.fromEntries(makers.map(({ name, make }) => [name, make(row)])));
};

/** An insert of a block. */
export const insertOf = (
  server: Server,
  {
    table,
    block,
    onlyIf,
    unknownCondition,
  }: {
    table: string;
    block: DecodedBlock;
    onlyIf: InsertCondition | undefined;
    unknownCondition: (sql: string) => never;
  },
): Statement => {
  const action = `the insert into ${table}`;
  return {
    action,
    name: action,
    text: `INSERT INTO \`${table}\``,
    begin: () => {
      const into = server.table(table);
      if (onlyIf !== undefined) {
        const isMet = holds(server, onlyIf.sql, onlyIf.params) ?? unknownCondition(onlyIf.sql);
        if (!isMet) throw conditionFailed(table);
      }
      const rows = completed(into.schema, block, server.now(), action);
      const refusal = server.refuse(table, rows);
      if (refusal !== null) throw refusal;
      return (torn) => into.insert(rows, torn);
    },
  };
};
