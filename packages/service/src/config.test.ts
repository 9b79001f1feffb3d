import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, flag, integer, list, loadConfig, port, secret } from './config.ts';

const schema = z.object({
  CARTLEDGER_PORT: port().default(8400).describe('a TCP port, such as 8400'),
  CARTLEDGER_URL: z.url('not a URL').describe('the address, such as http://127.0.0.1:8123'),
  CARTLEDGER_PASSWORD: secret(z.string().min(12, 'too short')).optional(),
  CARTLEDGER_ON: flag().default(false),
  CARTLEDGER_BROKERS: list().optional(),
  CARTLEDGER_N: integer(1, 10).default(3),
});

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('loadConfig', () => {
  test('defaults fill in what is not set, and a variable set to nothing counts as not set', () => {
    const config = loadConfig(schema, {
      CARTLEDGER_URL: 'http://a',
      CARTLEDGER_PORT: ' ',
      CARTLEDGER_BROKERS: 'a:1, b:2,',
    });
    expect(config).toEqual({
      CARTLEDGER_PORT: 8400,
      CARTLEDGER_URL: 'http://a',
      CARTLEDGER_ON: false,
      CARTLEDGER_N: 3,
      CARTLEDGER_BROKERS: ['a:1', 'b:2'],
    });
  });

  test('all problems are reported at once, each naming the variable, its value and the remedy', () => {
    const problems = problemsOf({ CARTLEDGER_PORT: '99999', CARTLEDGER_ON: 'maybe', CARTLEDGER_N: '1.5' });
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toContain('CARTLEDGER_PORT is "99999": larger than 65535. Set it to a TCP port');
    expect(problems.join('\n')).toContain('CARTLEDGER_URL is not set');
    expect(problems.join('\n')).toContain('CARTLEDGER_ON is "maybe": not true or false');
    expect(problems.join('\n')).toContain('CARTLEDGER_N is "1.5": not a whole number');
  });

  test('what is not set is called just that', () => {
    expect(problemsOf({})).toEqual([
      'CARTLEDGER_URL is not set. Set it to the address, such as http://127.0.0.1:8123.',
    ]);
  });

  test.each([
    ['described afterwards', secret(z.string().min(12, 'too short')).describe('a long one')],
    ['optional', secret(z.string().min(12, 'too short')).optional()],
    [
      'described, optional and defaulted',
      secret(z.string().min(12, 'too short')).describe('a').optional().default('b'),
    ],
    ['marked last', secret(z.string().min(12, 'too short').optional().describe('a'))],
  ])('a secret that is %s is not printed', (_, field) => {
    expect(() => loadConfig(z.object({ CARTLEDGER_TOKEN: field }), { CARTLEDGER_TOKEN: 'hunter2' })).toThrow(
      /CARTLEDGER_TOKEN has a value: too short/,
    );
  });

  test('the value of a secret is never printed', () => {
    const [problem] = problemsOf({ CARTLEDGER_URL: 'http://a', CARTLEDGER_PASSWORD: 'hunter2' });
    expect(problem).toContain('CARTLEDGER_PASSWORD has a value: too short');
    expect(problem).not.toContain('hunter2');
  });

  test.each(['', ' ', 'x', '1e3', '0x10', '99999999999999999999'])('%j is no port', (value) => {
    const problems = problemsOf({ CARTLEDGER_URL: 'http://a', CARTLEDGER_PORT: value });
    expect(problems.length).toBe(value.trim() === '' ? 0 : 1);
  });
});
