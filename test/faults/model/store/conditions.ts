/** Conditions under which the product writes: what it says in SQL, told by its text. */

import { largest } from './answers/sets.ts';
import type { Readable } from './server.ts';
import { big } from './value.ts';

const FENCE = '(SELECT max(token) FROM ledger_writers) <= {token:UInt64}';

const largestToken = (from: Readable): bigint => {
  const rows = from.table('ledger_writers').raw();
  return largest(rows.map((row) => big(row, 'token')));
};

/** null: a condition that the model does not know. What is NULL does not hold. */
export const holds = (from: Readable, sql: string, params: Readonly<Record<string, unknown>>): boolean | null => {
  if (sql === FENCE) return largestToken(from) <= BigInt(String(params.token));
  if (sql === '1') return true;
  return sql === '0' || sql === 'NULL' ? false : null;
};

const GUARDED = /^(?<statement>.*) WHERE throwIf\(ifNull\(NOT \((?<condition>.*)\), 1\)\) = 0$/s;

/** Cuts an INSERT SELECT into what it does and the condition under which it does it. */
export const guarded = (sql: string): { statement: string; condition: string } | null => {
  const { statement, condition } = GUARDED.exec(sql)?.groups ?? {};
  return statement === undefined || condition === undefined ? null : { statement, condition };
};
