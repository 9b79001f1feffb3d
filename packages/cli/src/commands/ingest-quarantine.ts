import { LIST_QUARANTINE, SET_ASIDE } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { receiptLine } from '../ingest-status.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { wholeNumber, withInstance } from '../options.ts';
import { say } from '../output.ts';
import { printCount } from '../span.ts';

type Options = InstanceOptions & {
  partition?: number;
  from?: number;
  to?: number;
  reason?: string;
  list?: true;
  json?: true;
};

/** The server names its fields; here they are options. */
const inOptions = (error: unknown): never => {
  if (!(error instanceof CliError)) throw error;
  const message = error.message.replaceAll('first_offset', '--from').replaceAll('last_offset', '--to');
  throw new CliError(message, { exitStatus: error.exitStatus, code: error.code, cause: error });
};

const list = async (options: Options): Promise<void> => {
  const told = await askIngest(createClient(await findInstance(options)), LIST_QUARANTINE);
  if (options.json) {
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    return;
  }
  const { quarantined } = told;
  if (quarantined.length === 0) return say('Nothing is set aside.');
  for (const one of quarantined)
    process.stdout.write(`${receiptLine(one)}${one.present ? '' : ' (of a topic that was made again since)'}\n`);
};

const setAside = async (options: Options): Promise<void> => {
  const { partition, from, to, reason, json } = options;
  if (partition === undefined || from === undefined || to === undefined || reason === undefined)
    throw new CliError(
      'which range, and why? Give --partition, --from, --to and --reason; --list prints what is set aside.',
      {
        exitStatus: 2,
      },
    );
  const client = createClient(await findInstance(options));
  const range = { partition, first_offset: from, last_offset: to, reason };
  const answer = await askIngest(client, SET_ASIDE, { json: range }).catch(inOptions);
  if (json) {
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  process.stdout.write(`${receiptLine(answer)}\n`);
  const { records_before_position: before, records_ahead: ahead } = answer;
  if (before > 0)
    say(`${printCount(before)} of its offsets had been taken in before: what is in the store stays there.`);
  if (ahead > 0)
    say(
      `${printCount(ahead)} ${ahead === 1 ? 'goes' : 'go'} to the dead letters unread. Later: cartledger dead-letters replay --reason quarantined`,
    );
};

export const addIngestQuarantine = (ingest: Command): void => {
  withInstance(ingest.command('quarantine'))
    .description('set a bad range of a partition aside: its records become dead letters, and the rest flows')
    .option('--partition <n>', 'the partition', wholeNumber)
    .option('--from <offset>', 'first offset of the range', wholeNumber)
    .option('--to <offset>', 'last offset of the range, which is of it too', wholeNumber)
    .option('--reason <text>', 'why: it is in the receipt and in each letter')
    .option('--list', 'list what is set aside')
    .option('--json', 'print the receipt, or the list, as JSON')
    .action((options: Options) => (options.list ? list(options) : setAside(options)));
};
