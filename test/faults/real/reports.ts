/** What users are told at the end of a round: by the product's own commands, over HTTP, as an operator asks them. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DAY_MS } from '@cartledger/funnel';
import { z } from 'zod';
import { DAYS, STORES } from './shop.ts';

const CLI = fileURLToPath(new URL('../../../packages/cli/src/main.ts', import.meta.url));

type Access = { url: string; token: string };

const cartledger = (
  args: readonly string[],
  { url, token }: Access,
): Promise<{ status: number; stdout: string; stderr: string }> =>
  new Promise((ended) => {
    const given = [CLI, ...args, '--url', url, '--token', token];
    execFile(process.execPath, given, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      ended({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const audited = z.object({
  clean: z.boolean(),
  partitions: z.array(
    z.object({ records: z.number(), missing: z.number(), counted_twice: z.number(), in_flight: z.number() }),
  ),
});

/** What `ingest audit` complains of; null: it is clean, and has read all. */
export const audit = async (ingest: Access): Promise<string | null> => {
  const { status, stdout, stderr } = await cartledger(['ingest', 'audit', '--json'], ingest);
  if (stdout === '') return `the audit ended with ${status}: ${stderr}`;
  const { clean, partitions } = audited.parse(JSON.parse(stdout));
  const isWhole = partitions.every(({ in_flight }) => in_flight === 0);
  return clean && status === 0 && isWhole ? null : stdout;
};

const revenue = z.object({ currencies: z.record(z.string(), z.object({ difference: z.number() })) });

/** Figures of the reports that the reference engine has otherwise, and differences to the orders' totals that are not 0. */
export const drift = async (api: Access): Promise<string[]> => {
  const from = new Date(Date.now() - (DAYS + 2) * DAY_MS).toISOString().slice(0, 10);
  const to = new Date(Date.now() + DAY_MS).toISOString().slice(0, 10);
  const found: string[] = [];
  for (const { store_id } of STORES) {
    const period = ['--from', from, '--to', to];
    const { status, stdout, stderr } = await cartledger(['verify', '--store', store_id, ...period], api);
    if (status !== 0) found.push(...`${stdout}${stdout === '' ? stderr : ''}`.trim().split('\n'));
    const path = `/api/v1/stores/${store_id}/reports/revenue?from=${from}&to=${to}`;
    const response = await fetch(`${api.url}${path}`, { headers: { authorization: `Bearer ${api.token}` } });
    const { currencies } = revenue.parse(await response.json());
    for (const [currency, { difference }] of Object.entries(currencies))
      if (difference !== 0) found.push(`${store_id}: difference ${difference} ${currency}`);
  }
  return found;
};
