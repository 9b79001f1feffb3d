import { BACKFILL, type Backfill, LIST_BACKFILLS } from '@cartledger/operations';
import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { backfillsTable, backfillText, STATE_WORDS } from '../backfill-text.ts';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { moment } from '../moment.ts';
import { withInstance } from '../options.ts';
import { say } from '../output.ts';
import { patiently } from '../patiently.ts';
import { printCount, printSpan } from '../span.ts';

type Options = InstanceOptions & {
  since?: string;
  dryRun?: true;
  list?: true;
  cancel?: true;
  dropOld?: true;
  json?: true;
};

const print = (told: unknown, text: string, json: boolean): void => {
  process.stdout.write(`${json ? JSON.stringify(told, null, 2) : text}\n`);
};

/** Of the present state: what is done, and with how long a rest at that pace. */
const createRate = () => {
  let state = '';
  let from = { at: 0, done: 0 };
  return ({ progress, ...told }: Backfill): string => {
    if (told.state !== state) from = { at: performance.now(), done: progress.done };
    state = told.state;
    const rate = (progress.done - from.done) / Math.max(1, performance.now() - from.at);
    const done = `${STATE_WORDS[told.state]}: ${printCount(progress.done)} of ${printCount(progress.total)} ${progress.unit}`;
    if (progress.total === 0) return STATE_WORDS[told.state];
    if (rate <= 0) return done;
    return `${done}, ${printCount(Math.round(rate * 1_000))}/s, ${printSpan((progress.total - progress.done) / rate / 1_000)} left`;
  };
};

/** Goes on until it has ended, or has compared what it was only to compare. */
const follow = async (client: Client, begun: Backfill): Promise<Backfill> => {
  const bar = createProgress('Backfill', 1_000);
  const note = createRate();
  let latest = begun;
  while (latest.ended_at === null && latest.state !== 'compared') {
    const json = { backfill: begun.backfill };
    latest = await patiently(() => askIngest(client, BACKFILL, { json }));
    const { done, total } = latest.progress;
    bar.update(total === 0 ? 0 : Math.floor((done / total) * 1_000), note(latest));
  }
  bar.end();
  return latest;
};

const cancel = async (client: Client, json: boolean): Promise<void> => {
  const { backfills } = await askIngest(client, LIST_BACKFILLS);
  const unfinished = backfills.find(({ ended_at }) => ended_at === null);
  if (unfinished === undefined) return say('There is none to give up.');
  const told = await patiently(() => askIngest(client, BACKFILL, { json: { cancel: unfinished.backfill } }));
  print(told, backfillText(told), json);
};

const dropOld = async (client: Client): Promise<void> => {
  const { backfills } = await askIngest(client, LIST_BACKFILLS);
  const kept = backfills.filter(({ state, old_table }) => state === 'done' && old_table !== null);
  if (kept.length === 0) return say('No former table is kept.');
  for (const { backfill, old_table } of kept) {
    await patiently(() => askIngest(client, BACKFILL, { json: { drop_old: backfill } }));
    say(`${old_table} is dropped.`);
  }
};

const backfill = async (options: Options): Promise<void> => {
  const { since, dryRun = false, json = false } = options;
  const client = createClient(await findInstance(options));
  if (options.cancel) return cancel(client, json);
  if (options.dropOld) return dropOld(client);
  if (options.list) {
    const told = await askIngest(client, LIST_BACKFILLS);
    if (told.backfills.length === 0 && !json) return say('There was none.');
    return print(told, backfillsTable(told.backfills), json);
  }
  const begun = await patiently(() =>
    askIngest(client, BACKFILL, { json: { dry_run: dryRun, ...(since !== undefined && { since }) } }),
  );
  if (begun.records > 0) say(`Going on with backfill ${begun.backfill}, begun ${begun.begun_at.slice(0, 19)}Z.`);
  const told = await follow(client, begun);
  print(told, backfillText(told), json);
  if (told.state === 'compared')
    say(
      'Its table is kept: cartledger ingest backfill goes on from here, cartledger ingest backfill --cancel drops it.',
    );
  if (told.state === 'cancelled') throw new CliError('Somebody has given it up meanwhile.');
};

export const addIngestBackfill = (ingest: Command): void => {
  withInstance(ingest.command('backfill'))
    .description('rebuild the table of events from the log and exchange the two; killed or done again, it goes on')
    .addOption(
      new Option('--since <time>', 'read the log from then on, copy what is older: a time, a day, or how long ago (7d)')
        .argParser(moment)
        .conflicts(['list', 'cancel', 'dropOld']),
    )
    .addOption(
      new Option('--dry-run', 'only compare, and keep what was built').conflicts(['list', 'cancel', 'dropOld']),
    )
    .option('--list', 'show the backfills there were')
    .addOption(new Option('--cancel', 'give up the one that has not ended').conflicts('list'))
    .addOption(new Option('--drop-old', 'drop the former tables that are kept').conflicts(['list', 'cancel']))
    .option('--json', 'print the receipt as JSON')
    .action(backfill);
};
