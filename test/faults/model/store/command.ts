import type { z } from 'zod';
import { guarded, holds } from './conditions.ts';
import { refusedData } from './errors.ts';
import type { Effect, Readable, Server, Statement } from './server.ts';

/** One statement without a result. */
export type Command = {
  name: string;
  /** Its text, but the condition that may follow. */
  sql: string;
  begin(from: Readable, params: Readonly<Record<string, unknown>>): Begun;
};

/** What will be written, and how many rows that is; a DELETE writes none. */
type Begun = { rows: number; effect: Effect };

export const command = <P extends z.ZodObject>(
  name: string,
  sql: string,
  params: P,
  begin: (from: Readable, params: z.output<P>) => Begun,
): Command => ({ name, sql, begin: (from, given) => begin(from, params.parse(given)) });

type Asked = {
  sql: string;
  params: Readonly<Record<string, unknown>>;
  fail: (kind: 'model', message: string) => never;
};

/** What the text of a command does. Refused by its condition: an INSERT SELECT throws, a DELETE deletes nothing. */
export const statementOf = (server: Server, commands: readonly Command[], { sql, params, fail }: Asked): Statement => {
  const action = 'a command';
  const isMet = (condition: string): boolean =>
    holds(server, condition, params) ?? fail('model', `the model knows no condition ${condition}`);
  const guard = guarded(sql);
  const wanted = guard?.statement ?? sql;
  const known = commands.find((each) => each.sql === wanted);
  if (known !== undefined) {
    return {
      action,
      name: known.name,
      text: sql.trim(),
      begin: () => {
        const { rows, effect } = known.begin(server, params);
        // The condition is asked of each row that the SELECT gives: one without rows is never refused.
        if (guard !== null && rows > 0 && !isMet(guard.condition))
          throw refusedData('FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', action);
        return effect;
      },
    };
  }
  // A DELETE with its condition behind an AND.
  const deletion = commands.find((each) => each.sql.endsWith(' AND ') && sql.startsWith(each.sql));
  if (deletion === undefined) return fail('model', `the model knows no command ${sql.trim().slice(0, 120)}`);
  const condition = sql.slice(deletion.sql.length);
  return {
    action,
    name: deletion.name,
    text: sql.trim(),
    begin: () => (isMet(condition) ? deletion.begin(server, params).effect : () => {}),
  };
};
