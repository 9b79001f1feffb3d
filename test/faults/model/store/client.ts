import { type ClickHouse, createBlockEncoder } from '@cartledger/clickhouse';
import { decodeBlock } from '@cartledger/clickhouse/testing';
import { type Answer, parseRow } from './answer.ts';
import type { Call, Calls } from './call.ts';
import { type Command, statementOf } from './command.ts';
import { timeout } from './errors.ts';
import { insertOf } from './insert.ts';
import type { Server, Statement, UnderWay } from './server.ts';

/** Tells of what the model cannot answer; nobody may go on after it. */
export type Fail = (kind: 'model', message: string) => never;

/** What may befall a write; a read cannot be late, and happens twice without a trace. */
const WRITES = ['ok', 'refused', 'lost_request', 'lost_answer', 'late', 'twice'] as const;

/** The ClickHouse port for one process; its calls take the way that `calls` gives them. */
export const createModelClient = (
  {
    server,
    answers,
    commands,
    fail,
  }: {
    server: Server;
    /** By the query's text. */
    answers: ReadonlyMap<string, Answer>;
    commands: readonly Command[];
    fail: Fail;
  },
  calls: Calls,
): ClickHouse => {
  const troubled = (action: string): Pick<Call<unknown>, 'refuse' | 'timeout'> => ({
    refuse: () => server.refusal(action),
    timeout: () => timeout(action),
  });

  const write = async (statement: Statement, plans: Call<void>['plans']): Promise<void> => {
    const { action, name } = statement;
    const underWay: UnderWay[] = [];
    await calls<void>({
      label: name,
      plans,
      begin: () => underWay.push(server.begin(statement)),
      land: (torn) => {
        const begun = underWay.shift();
        if (begun === undefined) throw new Error(`${action} landed without having begun`);
        server.land(begun, torn);
      },
      ...troubled(action),
    });
  };

  const read = <T>(action: string, plans: Call<T>['plans'], answer: (torn?: number) => T): Promise<T> =>
    calls<T>({
      label: action,
      plans,
      land: (torn) => {
        server.expectUp(action);
        return answer(torn);
      },
      ...troubled(action),
    });

  const prepare = (query: { name: string; sql: string }, params: unknown): (() => readonly unknown[]) => {
    const found =
      answers.get(query.sql) ??
      fail('model', `the model answers no ${query.name}: add it to store/answers, with a test in store-conformance`);
    const rows = found.prepare(params);
    return () => rows(server);
  };

  return {
    database: 'model',
    query: async (query, params) => {
      const rows = prepare(query, params);
      const answered = await read(`query ${query.name}`, ['ok', 'refused', 'lost_request', 'lost_answer'], rows);
      return answered.map((row) => parseRow(query, row));
    },
    stream: async function* (query, params) {
      const rows = prepare(query, params);
      // What came before an answer broke off.
      let partial: readonly unknown[] = [];
      let failure: { error: unknown } | null = null;
      const plans: Call<void>['plans'] = ['ok', 'refused', 'lost_request', 'torn'];
      try {
        partial = await read(`query ${query.name}`, plans, (torn) => {
          const all = rows();
          partial = torn === undefined ? [] : all.slice(0, torn % (all.length + 1));
          return all;
        });
      } catch (error) {
        failure = { error };
      }
      for (const row of partial) yield parseRow(query, row);
      if (failure !== null) throw failure.error;
    },
    command: async (sql, params = {}) => write(statementOf(server, commands, { sql, params, fail }), WRITES),
    insertNative: async (table, columns, data, onlyIf) => {
      let block = 'bytes' in data ? data : null;
      if (block === null) {
        const encoder = createBlockEncoder(columns);
        if (!('bytes' in data)) for (const row of data) encoder.append(row);
        block = encoder.finish();
      }
      if (block.rows === 0) return;
      const unknownCondition = (condition: string): never => fail('model', `the model knows no condition ${condition}`);
      const decoded = decodeBlock(block.bytes);
      const torn: Call<void>['plans'] = server.hasParts(table) ? ['torn'] : [];
      await write(insertOf(server, { table, block: decoded, onlyIf, unknownCondition }), [...WRITES, ...torn]);
    },
    ensureDatabase: async () => {},
    // Tables are as the migrations make them, whatever is asked of them: a wrong one is for the oracle to find.
    checkServer: () => read('the server check', ['ok', 'refused', 'lost_answer'], () => ({ version: 'model' })),
    ping: () => calls<boolean>({ label: 'ping', plans: ['ok'], land: () => server.isUp(), ...troubled('ping') }),
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
};
