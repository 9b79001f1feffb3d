import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { auditAnswer, auditText } from '../ingest-audit.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { moment } from '../moment.ts';
import { readLines } from '../ndjson.ts';
import { wholeNumber, withInstance } from '../options.ts';

type Options = InstanceOptions & { partition?: number; from?: number; to?: number; since?: string; json?: true };

const line = z.union([
  z.object({
    type: z.literal('progress'),
    done: z.number(),
    total: z.number(),
    records: z.number(),
    missing: z.number(),
  }),
  z.object({ type: z.literal('error'), message: z.string() }),
  auditAnswer,
]);

const queryOf = ({ partition, from, to, since }: Options): string => {
  const asked = Object.entries({ partition, first_offset: from, last_offset: to, since });
  const given = new URLSearchParams();
  for (const [name, value] of asked) if (value !== undefined) given.set(name, String(value));
  return given.size === 0 ? '' : `?${given}`;
};

const audit = async (options: Options): Promise<void> => {
  const client = createClient(await findInstance(options));
  const response = await client.send('GET', `/api/v1/ingest/audit${queryOf(options)}`);
  const progress = createProgress('Auditing', 1_000);
  let report: z.infer<typeof auditAnswer> | undefined;
  for await (const text of readLines(response)) {
    const told = line.parse(JSON.parse(text));
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
