import { REFUNDS_ON } from '@cartledger/funnel';
import { Argument, type Command, Option } from 'commander';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { printExplanation } from '../explanation.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { count, day, duration, type Format, milliseconds, version, withFormat, withInstance } from '../options.ts';
import { table } from '../output.ts';
import { reportCsv } from '../report-csv.ts';
import { printHead } from '../report-head.ts';
import { reportTables } from '../report-tables.ts';
import {
  EXPLAINED,
  type Explained,
  explanationPages,
  fetchReport,
  isExplained,
  REPORTS,
  type ReportName,
} from '../reports.ts';

type Options = InstanceOptions & {
  store: string;
  from?: string;
  to?: string;
  unit?: string;
  mode?: string;
  window?: number;
  windowMs?: number;
  breakdown?: string;
  breakdownValues?: number;
  definitionVersion?: number;
  refundsOn?: string;
  asOf?: string;
  explain?: string;
  limit?: number;
  all?: boolean;
  format: Format;
};

/** Most rows on one page of an explanation. */
const PAGE_ROWS = 1_000;

const write = (text: string): void => {
  process.stdout.write(text);
};

const queryOf = (options: Options): Record<string, string> => {
  const { from, to, unit, mode, window, windowMs, breakdown, breakdownValues, definitionVersion, refundsOn, asOf } =
    options;
  if (window !== undefined && windowMs !== undefined && window !== windowMs)
    throw new CliError('--window and --window-ms are the same: give one of them', { exitStatus: 2 });
  const query = {
    from,
    to,
    unit,
    mode,
    window_ms: (window ?? windowMs)?.toString(),
    breakdown,
    breakdown_values: breakdownValues?.toString(),
    definition_version: definitionVersion?.toString(),
    refunds_on: refundsOn,
    as_of: asOf,
  };
  return Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined));
};

/** Wrong usage, told before anybody is asked. */
const checkUsage = (name: ReportName, { explain, all, limit, definitionVersion, refundsOn }: Options): void => {
  const wrong = (message: string): never => {
    throw new CliError(message, { exitStatus: 2 });
  };
  if (explain === undefined && (all === true || limit !== undefined)) wrong('--limit and --all are for --explain');
  if (explain !== undefined && !isExplained(name))
    wrong(`--explain is for ${EXPLAINED.join(', ')}: the figures of ${name} are not listed`);
  if (definitionVersion !== undefined && name !== 'funnel' && name !== 'pipeline')
    wrong('--definition-version is for funnel and pipeline: carts keep the version of the day they were opened');
  if (refundsOn !== undefined && name !== 'revenue')
    wrong('--refunds-on is for revenue: no other report counts refunds');
};

const explain = (client: Client, name: Explained, figure: string, options: Options): Promise<void> => {
  const { store, format, all = false, limit = all ? PAGE_ROWS : undefined } = options;
  const query = { ...queryOf(options), figure, ...(limit !== undefined && { limit: `${limit}` }) };
  return printExplanation(explanationPages(client, store, name, query), all, { format, write });
};

const report = async (name: ReportName, options: Options): Promise<void> => {
  checkUsage(name, options);
  const query = queryOf(options);
  const client = createClient(await findInstance(options));
  if (options.explain !== undefined && isExplained(name)) return explain(client, name, options.explain, options);
  const { report: answer, text } = await fetchReport(client, options.store, name, query);
  if (options.format === 'json') return write(`${text}\n`);
  printHead(answer, options.format, write);
  if (options.format === 'csv') return write(`${reportCsv(answer)}\n`);
  for (const { title, columns, rows } of reportTables(answer))
    write(rows.length === 0 ? `\n${title}: none\n` : `\n${title}\n${table(columns, rows)}\n`);
};

const HELP = `
Figures to explain:
  funnel       stage=STAGE[,figure=units|units_any|dropped][,value=VALUE, of a breakdown]
  abandonment  figure=created|active|idle|abandoned|lost|emptied|purchased|recovered|recovered_late|revived[,checkout=true]
               point=POINT, reason=CODE, last_page=PAGE, last_product=ID, figure=contactable [,currency=EUR: their value]
               product=ID,figure=carts|left|bought, product=ID,figure=value_left,currency=EUR
               figure=peak_value,currency=EUR, figure=removed,currency=EUR
  revenue      currency=EUR,stage=STAGE,figure=carts|reached|left|standing|emptied|recovered
               currency=EUR,carts=value|left|standing|emptied|bought
               currency=EUR,orders=count|without_cart|gross_sales|discounts|tax|shipping|unexplained|order_total|refunds|net|net_sales
               currency=EUR,line=joined_carts (or another line of the bridge), currency=EUR,figure=timing|difference

Examples:
  cartledger report funnel --store shop --breakdown device
  cartledger report funnel --store shop --unit session --mode strict --window 1d
  cartledger report abandonment --store shop --from 2026-11-01 --explain reason=payment_declined
  cartledger report revenue --store shop --from 2026-10-01 --to 2026-10-31 --refunds-on order
  cartledger report revenue --store shop --explain currency=EUR,line=orders_without_cart.no_add_seen --all --format csv`;

export const addReport = (program: Command): void => {
  withFormat(withInstance(program.command('report')))
    .addArgument(new Argument('<report>', 'which').choices(REPORTS))
    .description('print a report: for people, as the JSON of the API, or as CSV of plain numbers')
    .requiredOption('--store <id>', 'the store')
    .option('--from <day>', 'first local day (default: 30 days back)', day)
    .option('--to <day>', 'last local day (default: today)', day)
    .addOption(new Option('--unit <unit>', 'of the funnel').choices(['visitor', 'session', 'cart']))
    .addOption(new Option('--mode <mode>', 'of the funnel').choices(['ordered', 'strict', 'any', 'open']))
    .option('--window <span>', 'of the funnel: 7d, 12h, 30m', duration)
    .addOption(new Option('--window-ms <ms>', 'the same in ms').argParser(milliseconds).hideHelp())
    .option(
      '--breakdown <by>',
      'the funnel by source, campaign, device, country, visitor (new or returning), product, category, property:NAME',
    )
    .option('--breakdown-values <n>', 'how many values before the rest is `other` (default: 10)', count)
    .option(
      '--definition-version <n>',
      'of funnel and pipeline: count its funnel by this version of the definition on all days',
      version,
    )
    .addOption(
      new Option(
        '--refunds-on <day>',
        'of revenue: count a refund on its own day, or on that of its order (default: refund)',
      ).choices(REFUNDS_ON),
    )
    .option('--as-of <time>', 'stand at this time (RFC 3339) instead of now')
    .option('--explain <figure>', 'list the visitors, carts or orders behind a figure')
    .option('--limit <n>', 'of --explain: how many (default: 100)', count)
    .option('--all', 'of --explain: all of them')
    .addHelpText('after', HELP)
    .action(report);
};
