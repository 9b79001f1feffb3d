import { Argument, type Command, Option } from 'commander';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { day, type Format, milliseconds, withFormat, withInstance } from '../options.ts';
import { say, table } from '../output.ts';
import { reportCsv } from '../report-csv.ts';
import { reportTables } from '../report-tables.ts';
import { fetchReport, REPORTS, type ReportName } from '../reports.ts';

type Options = InstanceOptions & {
  store: string;
  from?: string;
  to?: string;
  unit?: string;
  mode?: string;
  windowMs?: number;
  asOf?: string;
  format: Format;
};

const report = async (name: ReportName, options: Options): Promise<void> => {
  const client = createClient(await findInstance(options));
  const { from, to, unit, mode, windowMs, asOf } = options;
  const query = Object.entries({ from, to, unit, mode, window_ms: windowMs?.toString(), as_of: asOf });
  const given = query.filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { report: answer, text } = await fetchReport(client, options.store, name, Object.fromEntries(given));
  if (options.format === 'json') {
    process.stdout.write(`${text}\n`);
    return;
  }
  say(
    `${answer.store_id}: ${answer.from} to ${answer.to}, ${answer.timezone}, as of ${answer.as_of}` +
      (answer.open_from === null ? '' : `; days from ${answer.open_from} on may still move`),
  );
  for (const warning of answer.warnings) say(`warning: ${warning.message}`);
  if (options.format === 'csv') {
    process.stdout.write(`${reportCsv(answer)}\n`);
    return;
  }
  for (const { title, columns, rows } of reportTables(answer)) {
    process.stdout.write(`\n${title}\n${table(columns, rows)}\n`);
  }
};

export const addReport = (program: Command): void => {
  withFormat(withInstance(program.command('report')))
    .addArgument(new Argument('<report>', 'which').choices(REPORTS))
    .description('print a report: for people, as the JSON of the API, or as CSV of plain numbers')
    .requiredOption('--store <id>', 'the store')
    .option('--from <day>', 'first local day (default: 30 days back)', day)
    .option('--to <day>', 'last local day (default: today)', day)
    .addOption(new Option('--unit <unit>', 'of the funnel').choices(['visitor', 'session', 'cart']))
    .addOption(new Option('--mode <mode>', 'of the funnel').choices(['ordered', 'strict', 'any', 'open']))
    .option('--window-ms <ms>', 'of the funnel', milliseconds)
    .option('--as-of <time>', 'stand at this time (RFC 3339) instead of now')
    .action(report);
};
