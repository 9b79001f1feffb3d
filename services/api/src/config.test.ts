import { MAX_COMPONENT_EVENTS } from '@cartledger/history';
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const needed = { CARTLEDGER_CLICKHOUSE_URL: 'http://c:8123', CARTLEDGER_POSTGRES_URL: 'postgres://p/c' };

test('readers have the limit of components that the aggregator has, by the same setting', () => {
  expect(readConfig(needed).reads).toEqual({ maxComponentEvents: MAX_COMPONENT_EVENTS });
  const raised = { ...needed, CARTLEDGER_MAX_COMPONENT_EVENTS: '3000000' };
  expect(readConfig(raised).reads).toEqual({ maxComponentEvents: 3_000_000 });
});
