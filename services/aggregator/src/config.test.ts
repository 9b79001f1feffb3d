import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

test('the limit of components is set by the name that readers set theirs by', () => {
  const env = { CARTLEDGER_CLICKHOUSE_URL: 'http://c:8123', CARTLEDGER_MAX_COMPONENT_EVENTS: '3000000' };
  expect(readConfig(env).aggregator.maxComponentEvents).toBe(3_000_000);
});
