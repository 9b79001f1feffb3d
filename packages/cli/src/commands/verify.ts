import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { day, withInstance } from '../options.ts';
import { say } from '../output.ts';
import { compare } from '../verify/compare.ts';
import { type Difference, notCompared } from '../verify/comparison.ts';
import { warningOfNothing } from '../verify/nothing.ts';
import { fetchQuestions } from '../verify/questions.ts';
import { readEvents } from '../verify/read-events.ts';
import { createSpool } from '../verify/spool.ts';

type Options = InstanceOptions & { store: string; from?: string; to?: string };

const ATTEMPTS = 5;
const MIB = 1_024;

const verify = async ({ store: store_id, from, to, ...instance }: Options): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const period = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  let found: Difference[] = [];
  let exported = -1;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const started = performance.now();
    const questions = await fetchQuestions(client, store_id, period, { sleep: setTimeout, now: Date.now, say });
    using spool = createSpool();
    const events = await readEvents(client, store_id, questions, spool);
    found = await compare(questions, spool, events);
    const seconds = (performance.now() - started) / 1_000;
    if (found.length === 0) {
      const { timezone, asOf, list } = questions;
      const cuts = list.slice(1).map((question) => question.from);
      const apart =
        cuts.length === 0 ? '' : `, in ${list.length} periods (the definition changes on ${cuts.join(', ')})`;
      const peak = Math.round(process.resourceUsage().maxRSS / MIB);
      say(
        `${store_id}, ${questions.from} to ${questions.to} (${timezone})${apart}, as of ${new Date(asOf).toISOString()}: no difference.`,
      );
      say(
        `${spool.events} events in ${seconds.toFixed(1)} s (${Math.round(spool.events / seconds)} a second), at most ${peak} MiB of memory.`,
      );
      const warning = warningOfNothing(questions, events.days);
      if (warning !== null) say(warning);
      say(`Not compared: ${notCompared(list).join(', ')}.`);
      return;
    }
    // Partitions may be taken in a little apart from each other: while events come in, look again.
    if (spool.events === exported) break;
    exported = spool.events;
  }
  for (const { report, path, expected, actual } of found)
    process.stdout.write(`${report} ${path}: reference ${String(expected)}, report ${String(actual)}\n`);
  throw new CliError(
    `${found.length} difference${found.length === 1 ? '' : 's'} between the reports and the reference engine`,
  );
};

export const addVerify = (program: Command): void => {
  withInstance(program.command('verify'))
    .description('recompute a store with the reference engine and print what differs from the reports')
    .requiredOption('--store <id>', 'the store')
    .option('--from <day>', 'first local day (default: 30 days back)', day)
    .option('--to <day>', 'last local day (default: today)', day)
    .action(verify);
};
