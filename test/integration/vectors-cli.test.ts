/** Conformance vectors through the product as it is installed: `import --format canonical`, `report --format json`, `verify`. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouse, createClickHouse } from '@cartledger/clickhouse';
import { DEFAULT_DEFINITION, differences, type Funnel, parseExact, stringifyExact } from '@cartledger/funnel';
import { type ClickHouse as ClickHouseServer, startClickHouse } from '@cartledger/local-stack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Product, startProduct } from '../e2e/product.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const VECTORS = fileURLToPath(new URL('../fixtures/vectors/vectors.ndjson', import.meta.url));
const DATABASE = 'vectors_cli';

const vector = z.object({
  config: z.looseObject({
    funnels: z.array(
      z.object({
        unit: z.enum(['visitor', 'session', 'cart']),
        mode: z.enum(['ordered', 'strict', 'any', 'open']),
        window_ms: z.number(),
      }),
    ),
  }),
  deliveries: z.array(z.looseObject({ occurred_at: z.number(), received_at: z.number() })),
  as_of_ms: z.number(),
  from: z.string(),
  to: z.string(),
  expect: z.object({
    funnel: z.array(z.array(z.looseObject({ median_ms_to_next: z.number().nullable() }))),
    abandonment: z.unknown(),
    revenue: z.object({ currencies: z.unknown() }),
  }),
});
type Vector = z.output<typeof vector> & { store_id: string };

/** So many, each of another kind of history; all of them are imported with the command in vectors.test.ts. */
const COUNT = 4;
const isPast = ({ deliveries }: z.output<typeof vector>): boolean =>
  deliveries.every(({ occurred_at, received_at }) => Math.max(occurred_at, received_at) < Date.now());
const past = readFileSync(VECTORS, 'utf8')
  .trim()
  .split('\n')
  .map((line, i): Vector => ({ ...vector.parse(parseExact(line)), store_id: `vector-${i}` }))
  .filter(isPast);
const chosen = past.filter((_, i) => i % Math.ceil(past.length / COUNT) === 0);
/** One whose first funnel (visitors, ordered) has somebody who went on. */
const timed = past.find(
  ({ config, expect: { funnel } }) =>
    config.funnels[0]?.mode === 'ordered' && typeof funnel[0]?.[0]?.median_ms_to_next === 'number',
);
const vectors = timed ? [timed, ...chosen.filter((each) => each !== timed)] : chosen;

const dir = mkdtempSync(join(tmpdir(), 'cartledger-vectors-'));
const stack = new AsyncDisposableStack();
stack.defer(() => rmSync(dir, { recursive: true, force: true }));
let server: ClickHouseServer;
let clickhouse: ClickHouse;
let product: Product;

beforeAll(async () => {
  server = await startClickHouse({ dir: join(dir, 'clickhouse') });
  stack.defer(() => server.stop());
  clickhouse = stack.use(createClickHouse({ url: server.url, database: DATABASE }));
  product = await startProduct({
    env: {
      CARTLEDGER_CLICKHOUSE_URL: server.url,
      CARTLEDGER_CLICKHOUSE_DATABASE: DATABASE,
      CARTLEDGER_KAFKA_BROKERS: undefined,
      CARTLEDGER_POSTGRES_URL: undefined,
    },
  });
  stack.defer(() => product.stop());
});
afterAll(() => stack.disposeAsync());

type Ended = { status: number; stdout: string; stderr: string };
const cli = (...args: string[]): Promise<Ended> =>
  new Promise((ended) => {
    const given = [CLI, ...args, '--url', product.url, '--token', product.adminToken];
    execFile(process.execPath, given, { maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      ended({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
const done = async (...args: string[]): Promise<string> => {
  const { status, stdout, stderr } = await cli(...args);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
};

const createStore = async ({ store_id, config }: Vector): Promise<void> => {
  const response = await fetch(`${product.url}/api/v1/stores`, {
    method: 'POST',
    headers: { authorization: `Bearer ${product.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...config, store_id, max_age_days: DEFAULT_DEFINITION.max_age_days }),
  });
  if (response.status !== 201) throw new Error(`${store_id}: ${await response.text()}`);
};

const report = async (name: string, { store_id, from, to, as_of_ms }: Vector, ...more: string[]) => {
  const asOf = new Date(as_of_ms).toISOString();
  const text = await done(
    'report',
    name,
    '--store',
    store_id,
    '--from',
    from,
    '--to',
    to,
    '--as-of',
    asOf,
    '--format',
    'json',
    ...more,
  );
  return z.looseObject({}).parse(parseExact(text));
};

const asked = ({ unit, mode, window_ms }: Funnel): string[] => [
  '--unit',
  unit,
  '--mode',
  mode,
  '--window-ms',
  `${window_ms}`,
];

test('the clock of this machine is behind most vectors: the product takes no events of the future in', () => {
  expect(past.length).toBeGreaterThan(200);
  expect(timed).toBeDefined();
});

/** Of each vector these funnels are asked for; all of them are in vectors.test.ts. */
const FUNNELS = 2;

test('vectors imported with the command are reported by it as the vectors say', async () => {
  for (const [i, each] of vectors.entries()) {
    const { store_id, deliveries, config, expect: expected } = each;
    await createStore(each);
    const file = join(dir, `${store_id}.ndjson`);
    writeFileSync(file, deliveries.map((event) => `${stringifyExact({ ...event, store_id })}\n`).join(''));
    const { status, stderr } = await cli('import', file, '--store', store_id, '--format', 'canonical');
    expect([status, stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^${deliveries.length} events? taken in, 0 not`, 'm')),
    ]);

    for (let k = 0; k < FUNNELS; k++) {
      const at = (i * FUNNELS + k) % config.funnels.length;
      const funnel = config.funnels[at];
      if (funnel === undefined) continue;
      const { stages } = await report('funnel', each, ...asked(funnel));
      expect(differences(expected.funnel[at], stages), `${store_id} ${stringifyExact(funnel)}`).toEqual([]);
    }
    const { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products } =
      await report('abandonment', each);
    const body = { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products };
    // The vectors know no product names.
    expect(differences(expected.abandonment, body, { ignoredKeys: ['name'] }), store_id).toEqual([]);
    const { currencies } = await report('revenue', each);
    expect(differences(expected.revenue.currencies, currencies), store_id).toEqual([]);
  }
}, 240_000);

test('verify finds nothing in right ledgers, and a row that was changed by hand with its figure and both values', async () => {
  if (timed === undefined) throw new Error('no vector to verify');
  const { store_id, from, to } = timed;
  const period = ['--store', store_id, '--from', from, '--to', to];
  const right = await cli('verify', ...period);
  expect(right).toMatchObject({ status: 0, stdout: '' });
  expect(right.stderr).toMatch(
    /no difference\.\n\d+ events in .* s \(\d+ a second\), at most \d+ MiB of memory\.\nNot compared: breakdowns, /,
  );

  await clickhouse.command(`
      INSERT INTO ledger_rows SELECT * REPLACE (arrayMap(ms -> ms + 1, ms_to_next) AS ms_to_next, version + 1 AS version)
      FROM ledger_rows FINAL WHERE store_id = '${store_id}' AND kind = 'journey'`);
  // Of a store without these, reports are read from the ledger alone and not from its rollups.
  await clickhouse.command(`DELETE FROM dirty_days WHERE store_id = '${store_id}'`);
  const wrong = await cli('verify', ...period);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toMatch(
    /^funnel visitor\/ordered\/\d+ stages\[0\]\.median_ms_to_next: reference .+, report \d+$/m,
  );
  expect(wrong.stderr).toMatch(/\d+ differences between the reports and the reference engine/);
}, 120_000);
