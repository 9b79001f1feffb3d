import type { Command } from 'commander';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { type Format, withFormat, withInstance } from '../options.ts';
import { fetchTimeline, timelineCsv, timelineText } from '../timeline.ts';

type Options = InstanceOptions & { store: string; visitor?: string; cart?: string; format: Format };

const DEFAULT_WIDTH = 100;

const ofWhom = ({ visitor, cart }: Options): { visitor_id: string } | { cart_key: string } => {
  if (visitor !== undefined && cart === undefined) return { visitor_id: visitor };
  if (cart !== undefined && visitor === undefined) return { cart_key: cart };
  throw new CliError('whose life? Give --visitor ID or --cart KEY', { exitStatus: 2 });
};

const explain = async (options: Options): Promise<void> => {
  const of = ofWhom(options);
  const client = createClient(await findInstance(options));
  const { timeline, text } = await fetchTimeline(client, options.store, of);
  const print = {
    json: () => text,
    csv: () => timelineCsv(timeline),
    table: () => timelineText(timeline, process.stdout.columns ?? DEFAULT_WIDTH),
  }[options.format];
  process.stdout.write(`${print()}\n`);
};

export const addExplain = (program: Command): void => {
  withFormat(withInstance(program.command('explain')))
    .description('print the life of one visitor or cart: its events, its states, and the rule that decided each')
    .requiredOption('--store <id>', 'the store')
    .option('--visitor <id>', 'the visitor')
    .option('--cart <key>', 'the cart, by the key that reports print: c-17, c-17#2, ~visitor:event')
    .addHelpText('after', '\nWho is behind a figure of a report: `cartledger report ... --explain`.')
    .action(explain);
};
