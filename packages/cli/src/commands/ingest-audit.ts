import { AUDIT, type AuditReport, INGEST_BASE, pathOf } from '@cartledger/operations';
import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { understood } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { auditText } from '../ingest-audit.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { moment } from '../moment.ts';
import { readLines } from '../ndjson.ts';
import { wholeNumber, withInstance } from '../options.ts';

type Options = InstanceOptions & { partition?: number; from?: number; to?: number; since?: string; json?: true };

const audit = async (options: Options): Promise<void> => {
  const client = createClient(await findInstance(options));
  const { partition, from, to, since } = options;
  const path = pathOf(AUDIT, { partition, first_offset: from, last_offset: to, since });
  const response = await client.send(AUDIT.method, `${INGEST_BASE}${path}`);
  const progress = createProgress('Auditing', 1_000);
  let report: AuditReport | undefined;
  for await (const text of readLines(response)) {
    const told = understood(AUDIT, JSON.parse(text));
    if (told.type === 'error') throw new CliError(`the audit was not brought to its end: ${told.message}`);
    if (told.type === 'report') report = told;
    else {
      const share = told.total === 0 ? 1_000 : Math.floor((told.done / told.total) * 1_000);
      progress.update(share, `${told.records} records, ${told.missing} missing`);
    }
  }
  progress.end();
  if (report === undefined) throw new CliError('the audit broke off before its report: is the instance still running?');
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : auditText(report)}\n`);
  if (!report.clean) process.exitCode = 1;
};

export const addIngestAudit = (ingest: Command): void => {
  withInstance(ingest.command('audit'))
    .description('read the log again and prove that each event is in the store or a dead letter; exit status 1 if not')
    .option('--partition <n>', 'this partition only (default: all)', wholeNumber)
    .option('--from <offset>', 'first offset (default: the first that the log holds)', wholeNumber)
    .option('--to <offset>', 'last offset, which is looked at too (default: the last that is taken in)', wholeNumber)
    .addOption(
      new Option('--since <time>', 'from the first record of then on: a time, a day, or how long ago (2h, 7d)')
        .argParser(moment)
        .conflicts('from'),
    )
    .option('--json', 'print the report as JSON')
    .action(audit);
};
