import { createInterface } from 'node:readline/promises';
import { ERASE, ERASURE_STATES, type Erasure, LIST_ERASURES, PREVIEW_ERASURE } from '@cartledger/operations';
import { createProgress } from '@cartledger/service';
import { type Command, Option } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { type Client, createClient } from '../client.ts';
import { erasuresTable, heldTable, receiptText, STATE_WORDS } from '../erasure-text.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { count, withInstance } from '../options.ts';
import { say } from '../output.ts';

type Options = InstanceOptions & {
  store?: string;
  visitor?: string;
  customer?: string;
  dryRun?: true;
  yes?: true;
  wait: number;
  format: 'table' | 'json';
};

const wrongUsage = (message: string): CliError => new CliError(message, { exitStatus: 2 });

const subjectOf = ({ store, visitor, customer }: Options) => {
  if (store === undefined) throw wrongUsage('which store? Give --store; or list the erasures: cartledger erase list');
  if ((visitor === undefined) === (customer === undefined))
    throw wrongUsage('whom? Give --visitor or --customer, one of them.');
  return { store_id: store, ...(visitor === undefined ? { customer_id: customer } : { visitor_id: visitor }) };
};

/** Nobody erases by a slip of the hand: a person is asked, a script has to say so. */
const confirmed = async ({ yes }: Options): Promise<boolean> => {
  if (yes) return true;
  if (!process.stdin.isTTY) throw wrongUsage('--yes is needed where nobody can be asked; --dry-run only looks.');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question('Erase this for good? Nothing brings it back. (yes/no) ');
  asking.close();
  return answer.trim() === 'yes';
};

/** Goes on until it has ended, or patience is over. */
const follow = async (client: Client, begun: Erasure, seconds: number): Promise<Erasure> => {
  const progress = createProgress('Erasing', ERASURE_STATES.length - 1);
  const end = performance.now() + seconds * 1_000;
  let latest = begun;
  while (latest.ended_at === null && performance.now() < end) {
    latest = await askIngest(client, ERASE, { json: { erasure: begun.erasure } });
    progress.update(ERASURE_STATES.indexOf(latest.state), STATE_WORDS[latest.state]);
  }
  progress.end();
  return latest;
};

const erase = async (options: Options): Promise<void> => {
  const { format, dryRun, wait } = options;
  const subject = subjectOf(options);
  const client = createClient(await findInstance(options));
  const held = await askIngest(client, PREVIEW_ERASURE, { json: subject });
  if (dryRun) {
    process.stdout.write(`${format === 'json' ? JSON.stringify(held, null, 2) : heldTable(held)}\n`);
    return say('Nothing was erased: this only looked.');
  }
  if (format === 'table') say(heldTable(held));
  if (held.other_customers > 0)
    say(
      `Events of these visitors also name ${held.other_customers} other customer${held.other_customers === 1 ? '' : 's'}: they go as well.`,
    );
  if (!(await confirmed(options))) return say('Nothing was erased.');
  const erasure = await follow(client, await askIngest(client, ERASE, { json: subject }), wait);
  process.stdout.write(`${format === 'json' ? JSON.stringify(erasure, null, 2) : receiptText(erasure)}\n`);
  if (erasure.ended_at === null)
    throw new CliError(
      `Erasure ${erasure.erasure} has not come to its end (${STATE_WORDS[erasure.state]}). Run the same command again: it goes on there. Are ingest, the aggregator and ClickHouse running?`,
    );
};

const list = async (options: Options): Promise<void> => {
  const { erasures } = await askIngest(createClient(await findInstance(options)), LIST_ERASURES);
  const ofStore = erasures.filter(({ store_id }) => options.store === undefined || store_id === options.store);
  if (options.format === 'json') process.stdout.write(`${JSON.stringify(ofStore, null, 2)}\n`);
  else if (ofStore.length === 0) say('Nothing was erased.');
  else process.stdout.write(`${erasuresTable(ofStore)}\n`);
};

export const addErase = (program: Command): void => {
  withInstance(program.command('erase').argument('[list]', 'list the erasures and their receipts instead'))
    .description(
      'erase a visitor or a customer of a store for good, and keep a receipt; done again, it goes on or comes to the same',
    )
    .option('--store <id>', 'the store')
    .option('--visitor <id>', 'the visitor')
    .option('--customer <id>', 'the customer, with every visitor whose events name that customer')
    .option('--dry-run', 'only show what is held')
    .option('--yes', 'do not ask')
    .option('--wait <seconds>', 'how long to wait for its end', count, 600)
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .action((what: string | undefined, options: Options) => {
      if (what === undefined) return erase(options);
      if (what === 'list') return list(options);
      throw wrongUsage(`"${what}" is no word that erase knows: only list.`);
    });
};
