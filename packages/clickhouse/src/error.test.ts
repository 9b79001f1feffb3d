import { ClickHouseError as ServerError } from '@clickhouse/client';
import { expect, test } from 'vitest';
import { ClickHouseError, toClickHouseError } from './error.ts';

const server = (type: string, code: string) => new ServerError({ type, code, message: 'in SELECT secret FROM carts' });

test('no message shows query text or data', () => {
  const errors = [
    toClickHouseError(server('SYNTAX_ERROR', '62'), 'query orders'),
    toClickHouseError(new Error('<html>secret</html>'), 'query orders'),
    toClickHouseError('secret', 'query orders'),
  ];
  for (const error of errors) {
    expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toContain('secret');
    expect(error.detail()).toContain('secret');
  }
});

test('load, space and a lost connection are retriable and say nothing about the data', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const errors = [
    toClickHouseError(server('TOO_MANY_PARTS', '252'), 'the insert'),
    toClickHouseError(server('NOT_ENOUGH_SPACE', '243'), 'the insert'),
    toClickHouseError(refused, 'the insert'),
    toClickHouseError(new Error('Timeout error.'), 'the insert'),
  ];
  expect(errors.map((error) => error.code)).toEqual(['TOO_MANY_PARTS', 'NOT_ENOUGH_SPACE', 'unavailable', 'timeout']);
  for (const error of errors) expect(error).toMatchObject({ retriable: true, refusedData: false });
});

test('a violated constraint refuses the data, a missing table does not', () => {
  expect(toClickHouseError(server('VIOLATED_CONSTRAINT', '469'), 'the insert')).toMatchObject({
    retriable: false,
    refusedData: true,
  });
  expect(toClickHouseError(server('UNKNOWN_TABLE', '60'), 'the insert')).toMatchObject({
    retriable: false,
    refusedData: false,
  });
});

test('an error that is already ours passes through', () => {
  const error = new ClickHouseError('bad_row', 'x');
  expect(toClickHouseError(error, 'query orders')).toBe(error);
});
