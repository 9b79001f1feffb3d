import { setTimeout as sleep } from 'node:timers/promises';
import { type Drain, ORDER_DRAIN, RESUME, SHOW_DRAIN } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { count, withInstance } from '../options.ts';
import { say } from '../output.ts';
import { printCount } from '../span.ts';

type Options = InstanceOptions & { resume?: true; status?: true; wait: number; json?: true };

/** `otherwise`: what a partition does that is not drained. */
const lineOf = (
  { partition, drained, by, committed_offset, waiting }: Drain['partitions'][number],
  otherwise: string,
): string => {
  const stands = committed_offset === null ? 'nothing is committed' : `committed up to ${committed_offset}`;
  const state = drained ? `drained by ${by}` : otherwise;
  return `Partition ${partition}: ${state}; ${stands}, ${printCount(waiting)} offsets wait in the log.`;
};

const print = (told: Drain, json: boolean, otherwise = told.ordered ? 'not drained yet' : 'not drained'): void => {
  const lines = told.partitions.map((one) => lineOf(one, otherwise)).join('\n');
  process.stdout.write(`${json ? JSON.stringify(told, null, 2) : lines}\n`);
};

const drain = async ({ resume, status, wait, json = undefined, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  if (status) {
    const told = await askIngest(client, SHOW_DRAIN);
    print(told, json === true);
    return say(told.ordered ? `Draining is ordered since ${told.since}.` : 'Draining is not ordered.');
  }
  if (resume) {
    print(await askIngest(client, RESUME), json === true, 'reads again');
    return say('Fetching goes on within a second.');
  }
  let told = await askIngest(client, ORDER_DRAIN);
  for (let waited = 0; !told.drained && waited < wait; waited += 0.5) {
    await sleep(500);
    told = await askIngest(client, SHOW_DRAIN);
  }
  print(told, json === true);
  if (!told.drained)
    throw new CliError('Not every partition is drained yet; the order stands. See: cartledger ingest drain --status');
  say('Nothing is fetched until: cartledger ingest drain --resume. A restart does not change that.');
};

export const addIngestDrain = (ingest: Command): void => {
  withInstance(ingest.command('drain'))
    .description('stop fetching, finish and commit what is in hand; all workers obey, until --resume, across restarts')
    .option('--resume', 'fetch again')
    .option('--status', 'show who has obeyed, and order nothing')
    .option('--wait <seconds>', 'how long to wait until all is drained', count, 60)
    .option('--json', 'print it as JSON')
    .action(drain);
};
