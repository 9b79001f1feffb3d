/** ClickHouse as ingest and the aggregator meet it, in memory: see test/faults/README.md for what it leaves out. */
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Answer } from './answer.ts';
import { ANSWERS } from './answers/index.ts';
import type { Calls } from './call.ts';
import { createModelClient, type Fail } from './client.ts';
import { COMMANDS } from './commands.ts';
import { refused } from './errors.ts';
import type { TableSchema } from './schema.ts';
import { createServer, type Server } from './server.ts';

export type Store = Pick<Server, 'table' | 'restart' | 'readOnly' | 'refuse'> & {
  /** The port for one process, whose calls take the way that `calls` gives them. */
  connect(calls: Calls): ClickHouse;
};

const bySql: ReadonlyMap<string, Answer> = new Map(ANSWERS.map((answer) => [answer.sql, answer]));

/** `now` is the server's clock; `fail` ends what runs on the model when it is asked what it does not know. */
export const createStore = (deps: {
  schema: ReadonlyMap<string, TableSchema>;
  now: () => number;
  fail: Fail;
}): Store => {
  const server = createServer({ ...deps, unknownTable: () => refused('UNKNOWN_TABLE', 'a statement') });
  const { fail } = deps;
  return Object.assign(server, {
    connect: (calls: Calls) => createModelClient({ server, answers: bySql, commands: COMMANDS, fail }, calls),
  });
};
