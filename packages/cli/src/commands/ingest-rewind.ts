import { setTimeout as sleep } from 'node:timers/promises';
import { ORDER_REWIND, type Rewind, SHOW_REWIND } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { moment } from '../moment.ts';
import { count, wholeNumber, withInstance } from '../options.ts';
import { say } from '../output.ts';

type Options = InstanceOptions & { to: number | string; partition?: number; wait: number; json?: true };

/** An offset as a number, a time as text. */
const place = (text: string): number | string => {
  if (text === 'earliest') return text;
  return /^\d+$/.test(text) ? wholeNumber(text) : moment(text);
};

const lineOf = (one: Rewind['partitions'][number]): string => {
  if (!one.done) return `Partition ${one.partition}: not yet set back to ${one.asked_offset}.`;
  const earlier =
    one.to_offset !== null && one.to_offset < one.asked_offset
      ? ` (asked: ${one.asked_offset}; from there on counts of deliveries can be taken up exactly)`
      : '';
  const counts = one.counts_exact
    ? ''
    : ' Deliveries of the quarter of an hour around it count twice in the quality report: the log does not hold its beginning.';
  return `Partition ${one.partition}: set back from ${one.from_offset ?? 'its start'} to ${one.to_offset}${earlier}, by ${one.by}.${counts}`;
};

/** Asks until every partition has its receipt, or patience is over. */
const receipts = async (client: Client, first: Rewind, seconds: number): Promise<Rewind> => {
  let latest = first;
  for (let waited = 0; !latest.done && waited < seconds; waited += 0.5) {
    await sleep(500);
    latest = await askIngest(client, SHOW_REWIND);
    if (latest.order !== first.order) throw new CliError('another order to rewind has come after this one');
  }
  return latest;
};

const rewind = async ({ to, partition, wait, json, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const ordered = await askIngest(client, ORDER_REWIND, { json: { to, partition } });
  const told = await receipts(client, ordered, wait);
  process.stdout.write(
    `${json ? JSON.stringify(told, null, 2) : told.partitions.map((one) => lineOf(one)).join('\n')}\n`,
  );
  if (told.done) {
    say('What follows is taken in once more; what is there already changes nothing. Watch: cartledger ingest status');
    return;
  }
  throw new CliError(
    'Not every worker has obeyed yet; the order stands, and whoever has those partitions next obeys it. Is a worker running? See: cartledger ingest status',
  );
};

export const addIngestRewind = (ingest: Command): void => {
  withInstance(ingest.command('rewind'))
    .description('take in the log again from an earlier place, after a restored backup; all workers obey')
    .requiredOption('--to <place>', 'an offset, a time, a day, how long ago (2h, 7d), or earliest', place)
    .option('--partition <n>', 'this partition only (default: all; an offset needs it)', wholeNumber)
    .option('--wait <seconds>', 'how long to wait for the receipts', count, 60)
    .option('--json', 'print the receipts as JSON')
    .action(rewind);
};
