import type { Delivery } from '@cartledger/events';
import {
  type AbandonmentReport,
  type Definition,
  differences,
  type FunnelReport,
  funnelKey,
  type RevenueReport,
  reference,
} from '@cartledger/funnel';
import type { Command } from 'commander';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { fetchDefinition, fetchDeliveries } from '../exports.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { day, withInstance } from '../options.ts';
import { say } from '../output.ts';
import { fetchReport } from '../reports.ts';

type Options = InstanceOptions & { store: string; from?: string; to?: string };

type Reports = { funnels: FunnelReport[]; abandonment: AbandonmentReport; revenue: RevenueReport };
type Difference = { report: string; path: string; expected: unknown; actual: unknown };

const ATTEMPTS = 5;
const STILL_TRIES = 20;
/** More events than this between the reports and the export are not told apart. */
const MAX_LATER_EVENTS = 40;

/** All reports of one state of the ledgers: asked for again while the ledgers move on between them. */
const fetchReports = async (
  client: Client,
  store: string,
  definition: Definition,
  period: Record<string, string>,
): Promise<Reports> => {
  for (let tries = 1; ; tries++) {
    const { report: abandonment } = await fetchReport(client, store, 'abandonment', period);
    const query = { from: abandonment.from, to: abandonment.to };
    const { report: revenue } = await fetchReport(client, store, 'revenue', query);
    const funnels: FunnelReport[] = [];
    for (const { unit, mode, window_ms } of definition.funnels) {
      const { report } = await fetchReport(client, store, 'funnel', {
        ...query,
        unit,
        mode,
        window_ms: String(window_ms),
      });
      if (report.report === 'funnel') funnels.push(report);
    }
    if (abandonment.report !== 'abandonment' || revenue.report !== 'revenue')
      throw new TypeError('the server mixed up its reports');
    const still = [revenue, ...funnels].every(({ as_of }) => as_of === abandonment.as_of);
    if (still) return { funnels, abandonment, revenue };
    if (tries === STILL_TRIES)
      throw new CliError('the ledgers move on faster than the reports can be read; try again when less is coming in');
  }
};

/** The reports' bodies against what the reference engine makes of the same events. */
const compare = (reports: Reports, deliveries: readonly Delivery[], definition: Definition): Difference[] => {
  const { from, to, as_of } = reports.revenue;
  const expected = reference({ deliveries, definition, asOf: Date.parse(as_of), from, to });
  const { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products } =
    reports.abandonment;
  const pairs: [string, unknown, unknown][] = [
    ...definition.funnels.map((funnel, i): [string, unknown, unknown] => [
      `funnel ${funnelKey(funnel)}`,
      expected.funnels[i],
      reports.funnels[i]?.stages,
    ]),
    [
      'abandonment',
      expected.abandonment,
      { carts, abandonment_rate, recovery_rate, not_bought_rate, checkout, points, reasons, products },
    ],
    ['revenue', expected.revenue, reports.revenue.currencies],
  ];
  return pairs.flatMap(([report, a, b]) => differences(a, b).map((difference) => ({ report, ...difference })));
};

/**
 * The ledgers hold everything that was received up to as_of and perhaps some of what came after it, in order: the
 * reports must equal the reference at as_of or after one of those events. Answers the fewest differences.
 */
const compareLive = (reports: Reports, deliveries: readonly Delivery[], definition: Definition): Difference[] => {
  const asOf = Date.parse(reports.revenue.as_of);
  const later = deliveries.filter((event) => event.received_at > asOf).sort((a, b) => a.received_at - b.received_at);
  const known = deliveries.filter((event) => event.received_at <= asOf);
  let best: Difference[] | null = null;
  for (let n = 0; n <= Math.min(later.length, MAX_LATER_EVENTS); n++) {
    const found = compare(reports, [...known, ...later.slice(0, n)], definition);
    if (best === null || found.length < best.length) best = found;
    if (best.length === 0) break;
  }
  return best ?? [];
};

const verify = async ({ store, from, to, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const definition = await fetchDefinition(client, store);
  const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  let found: Difference[] = [];
  let exported = -1;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const started = performance.now();
    const reports = await fetchReports(client, store, definition, period);
    const deliveries = await fetchDeliveries(client, store);
    found = compareLive(reports, deliveries, definition);
    const seconds = (performance.now() - started) / 1_000;
    const { from: first, to: last, timezone, as_of } = reports.revenue;
    if (found.length === 0) {
      say(`${store}, ${first} to ${last} (${timezone}), as of ${as_of}: no difference.`);
      say(
        `${deliveries.length} events in ${seconds.toFixed(1)} s (${Math.round(deliveries.length / seconds)} a second).`,
      );
      return;
    }
    // Partitions may be taken in a little apart from each other: while events come in, look again.
    if (deliveries.length === exported) break;
    exported = deliveries.length;
  }
  for (const { report, path, expected, actual } of found)
    process.stdout.write(`${report} ${path}: reference ${String(expected)}, report ${String(actual)}\n`);
  throw new CliError(
    `${found.length} difference${found.length === 1 ? '' : 's'} between the reports and the reference engine`,
  );
};

export const addVerify = (program: Command): void => {
  withInstance(program.command('verify'))
    .description('recompute a store with the reference engine and print what differs from the reports')
    .requiredOption('--store <id>', 'the store')
    .option('--from <day>', 'first local day (default: 30 days back)', day)
    .option('--to <day>', 'last local day (default: today)', day)
    .action(verify);
};
