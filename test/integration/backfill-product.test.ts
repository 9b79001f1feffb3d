/** Rows of a running instance are spoiled, and mended by the command that an operator gives. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClickHouse } from '@cartledger/clickhouse';
import { startClickHouse } from '@cartledger/local-stack';
import { BACKFILL } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { startProduct } from '../e2e/product.ts';
import { buyers } from './backfill-world.ts';
import { eventually } from './until.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const DATABASE = 'backfill_product';
/** Of all that `buyers` do. */
const PERIOD = ['--store', 'shop', '--from', new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10)];

test('after ingest backfill, reports of a shop whose rows were spoiled are what the reference engine says', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-backfill-'));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const server = await startClickHouse({ dir: join(dir, 'clickhouse') });
  stack.defer(() => server.stop());
  const clickhouse = stack.use(createClickHouse({ url: server.url, database: DATABASE }));
  const product = await startProduct({
    env: {
      CARTLEDGER_CLICKHOUSE_URL: server.url,
      CARTLEDGER_CLICKHOUSE_DATABASE: DATABASE,
      CARTLEDGER_KAFKA_BROKERS: undefined,
      CARTLEDGER_POSTGRES_URL: undefined,
    },
  });
  stack.defer(() => product.stop());

  type Ended = { status: number; stdout: string; stderr: string };
  const cli = (...args: string[]): Promise<Ended> =>
    new Promise((ended) => {
      const given = [CLI, ...args, '--url', product.url, '--token', product.adminToken];
      execFile(process.execPath, given, (error, stdout, stderr) =>
        ended({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const done = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await cli(...args);
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr} ${stdout}`);
    return stdout;
  };
  const revenue = () => done('report', 'revenue', ...PERIOD, '--format', 'json');
  const importBuyers = async (from: number, to: number): Promise<void> => {
    const lines = buyers(from, to).map(({ value }) => String(value));
    const file = join(dir, `${from}.ndjson`);
    writeFileSync(file, `${lines.filter((line) => line.includes('"store_id":"shop"')).join('\n')}\n`);
    await done('import', file, '--store', 'shop', '--format', 'canonical');
  };

  await done('store', 'create', 'shop');
  await importBuyers(0, 200);
  await done('verify', ...PERIOD);
  const currenciesOf = (text: string): unknown => JSON.parse(text).currencies;
  const right = currenciesOf(await revenue());

  await clickhouse.command(
    "ALTER TABLE events UPDATE amount_total = 1, amount_items = 1 WHERE store_id = 'shop' AND type = 'purchase' AND toYYYYMM(occurred_at) > 0 SETTINGS mutations_sync = 1",
  );
  await clickhouse.command("DELETE FROM events WHERE store_id = 'shop' AND type = 'add_to_cart'");
  const looked = BACKFILL.answer.parse(JSON.parse(await done('ingest', 'backfill', '--dry-run', '--json')));
  expect(looked).toMatchObject({ state: 'compared', compared: { added: 200, removed: 0, changed: 50 } });
  const receipt = BACKFILL.answer.parse(JSON.parse(await done('ingest', 'backfill', '--json')));
  expect(receipt).toMatchObject({ state: 'done', compared: { added: 200, removed: 0, changed: 50 }, told: 200 });
  await eventually(async () => JSON.stringify(currenciesOf(await revenue())) === JSON.stringify(right));
  expect(await cli('verify', ...PERIOD)).toMatchObject({ status: 0, stdout: '' });
  expect((await cli('ingest', 'audit')).status).toBe(0);
  expect((await cli('ingest', 'backfill', '--drop-old')).stderr).toContain(`${receipt.old_table} is dropped.`);
}, 240_000);
