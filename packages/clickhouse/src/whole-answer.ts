import { z } from 'zod';
import { ClickHouseError } from './error.ts';

const summary = z.object({ result_rows: z.coerce.number() }).partial();

type Answer = {
  text(): Promise<string>;
  response_headers: Readonly<Record<string, string | string[] | undefined>>;
};

/**
 * The rows of an answer that the server has held back to its end, as lines. A server that cannot keep what it holds
 * back (its disk is full) answers 200 with a part of it or nothing, as if there were no such rows: the number that it
 * says it has found tells. Throws ClickHouseError `short_answer`.
 */
export const wholeAnswer = async (answer: Answer, action: string): Promise<string[]> => {
  const text = await answer.text();
  const header = answer.response_headers['x-clickhouse-summary'];
  const found = typeof header === 'string' ? summary.parse(JSON.parse(header)).result_rows : undefined;
  const lines = text.split('\n').filter((line) => line !== '');
  const isCut = text !== '' && !text.endsWith('\n');
  if (isCut || lines.length < (found ?? 0)) {
    const message = `${action} was answered with ${lines.length} of ${found ?? 'its'} rows: the disk of ClickHouse may be full`;
    throw new ClickHouseError('short_answer', message, { retriable: true });
  }
  return lines;
};
