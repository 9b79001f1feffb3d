/** All conformance vectors through `import --format canonical` and the whole pipeline: what they say, and the product says. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  DEFAULT_DEFINITION,
  type Definition,
  differences,
  type Funnel,
  parseExact,
  stringifyExact,
} from '@cartledger/funnel';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { cartsQuery, ordersQuery } from './carts-and-orders.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const VECTORS = fileURLToPath(new URL('../fixtures/vectors/vectors.ndjson', import.meta.url));

const funnel = z.object({
  unit: z.enum(['visitor', 'session', 'cart']),
  mode: z.enum(['ordered', 'strict', 'any', 'open']),
  window_ms: z.number(),
});
const vector = z.object({
  seed: z.number(),
  config: z.object({
    time_zone: z.string(),
    stages: z.array(z.string()),
    funnels: z.array(funnel),
    idle_ms: z.number(),
    abandon_ms: z.number(),
    recovery_ms: z.number(),
    tie_tolerance_ms: z.number(),
  }),
  deliveries: z.array(z.looseObject({})),
  as_of_ms: z.number(),
  from: z.string(),
  to: z.string(),
  expect: z.object({
    funnel: z.array(z.unknown()),
    abandonment: z.unknown(),
    revenue: z.object({ currencies: z.unknown() }),
    carts: z.array(z.unknown()),
    orders: z.array(z.unknown()),
  }),
});

const vectors = readFileSync(VECTORS, 'utf8')
  .trim()
  .split('\n')
  .map((line, index) => ({ ...vector.parse(parseExact(line)), store_id: `vector-${index}` }));

// The histories reach into 2027, which the door for events would call the future.
const AFTER_ALL_MS = Date.parse('2027-02-01T00:00:00Z');
const offset = AFTER_ALL_MS - Date.now();

let pipeline: Pipeline;
const definitions = new Map<string, Definition>();

beforeAll(async () => {
  pipeline = await startPipeline({
    clickhouseUrl: inject('clickhouseUrl'),
    log: { driver: 'embedded' },
    now: () => Date.now() + offset,
  });
  for (const { store_id, config } of vectors) {
    const { definition } = await pipeline.control.stores.create(store_id, {
      ...config,
      max_age_days: DEFAULT_DEFINITION.max_age_days,
    });
    definitions.set(store_id, definition);
  }
  const deliveries = vectors.flatMap((each) => each.deliveries.map((event) => ({ ...event, store_id: each.store_id })));
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-vectors-'));
  try {
    // In the vectors' own, random order of arrival; an event keeps the store it names.
    const file = join(dir, 'vectors.ndjson');
    writeFileSync(file, deliveries.map((event) => `${stringifyExact(event)}\n`).join(''));
    const instance = ['--url', pipeline.url, '--token', pipeline.key];
    const imported = ['import', file, '--store', 'vector-0', '--format', 'canonical', '--no-wait', ...instance];
    const { stderr } = await promisify(execFile)(process.execPath, [CLI, ...imported]);
    expect(stderr).toContain(`${deliveries.length} events taken in, 0 not`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  await pipeline.settled(vectors.map(({ store_id }) => store_id));
}, 300_000);

afterAll(() => pipeline?.[Symbol.asyncDispose]());

const definitionOf = (store_id: string): Definition => {
  const definition = definitions.get(store_id);
  if (!definition) throw new Error(`no definition of ${store_id}`);
  return definition;
};

const CHUNK = 30;
const chunks = Array.from({ length: Math.ceil(vectors.length / CHUNK) }, (_, i) => i * CHUNK);

test('there are 300 vectors', () => expect(vectors).toHaveLength(300));

test.each(chunks)(
  'histories from number %i on, imported with the command, are reported as the vectors say',
  async (first) => {
    for (const { store_id, config, from, to, as_of_ms, expect: expected } of vectors.slice(first, first + CHUNK)) {
      const query = { store_id, definition: definitionOf(store_id), from, to, as_of: as_of_ms };
      const funnelOf = async (funnel: Funnel) => (await pipeline.reports.funnel({ ...query, ...funnel })).stages;
      const [funnels, abandonment, revenue] = await Promise.all([
        Promise.all(config.funnels.map(funnelOf)),
        pipeline.reports.abandonment(query),
        pipeline.reports.revenue(query),
      ]);
      expect(differences(expected.funnel, funnels), store_id).toEqual([]);
      const { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products } =
        abandonment;
      const body = { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products };
      // The vectors know no product names.
      expect(differences(expected.abandonment, body, { ignoredKeys: ['name'] }), store_id).toEqual([]);
      expect(differences(expected.revenue.currencies, revenue.currencies), store_id).toEqual([]);
      const standing = await pipeline.clickhouse.query(cartsQuery, { store_id, as_of: as_of_ms });
      const orders = await pipeline.clickhouse.query(ordersQuery, { store_id });
      expect(
        differences(
          { carts: expected.carts, orders: expected.orders },
          { carts: standing, orders },
          // Counted since the vectors were written.
          { ignoredKeys: ['unmatched_removes'] },
        ),
        store_id,
      ).toEqual([]);
    }
  },
  240_000,
);
