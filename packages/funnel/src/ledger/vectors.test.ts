import { readFileSync } from 'node:fs';
import type { Delivery } from '@cartledger/events';
import { expect, it } from 'vitest';
import { DEFAULT_DEFINITION, type Definition } from '../definition.ts';
import { keptOf } from '../testing.ts';
import { buildLedger } from './build.ts';
import { createCalendar } from './calendar.ts';
import { foldReports } from './test-fold.ts';

type Vector = {
  seed: number;
  config: Partial<Definition>;
  deliveries: Delivery[];
  as_of_ms: number;
  from: string;
  to: string;
  expect: unknown;
};

const path = new URL('../../../../test/fixtures/vectors/vectors.ndjson', import.meta.url);
const vectors: Vector[] = readFileSync(path, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

/** What the vectors do not know. */
const UNRECORDED = new Set(['name', 'unmatched_removes']);
const recorded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, part: unknown) => (UNRECORDED.has(key) ? undefined : part)));

it('has all conformance vectors', () => expect(vectors).toHaveLength(300));

it.each(vectors)('the ledger says what vector $seed expects', (vector) => {
  const definition: Definition = { ...DEFAULT_DEFINITION, ...vector.config };
  const events = keptOf(vector.deliveries.map((delivery) => ({ ...delivery, payload_hash: 0n })));
  const rows = buildLedger({ events, definition, days: createCalendar(definition.time_zone) });
  const { as_of_ms: asOf, from, to } = vector;
  const { details: _, ...reports } = foldReports(rows, { definition, asOf, from, to });
  expect(recorded(reports)).toEqual(vector.expect);
});
