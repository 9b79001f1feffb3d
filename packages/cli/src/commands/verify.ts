import { setTimeout } from 'node:timers/promises';
import { createHasher, type Delivery, eventTime } from '@cartledger/events';
import { createCalendar } from '@cartledger/funnel';
import { createProgress } from '@cartledger/service';
import type { Command } from 'commander';
import { type Client, createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { day, withInstance } from '../options.ts';
import { say } from '../output.ts';
import { type Comparison, createComparison, type Difference, notCompared } from '../verify/comparison.ts';
import { createComponents } from '../verify/components.ts';
import { warningOfNothing } from '../verify/nothing.ts';
import { cutIntoParts, type Part } from '../verify/parts.ts';
import { fetchQuestions, type Questions } from '../verify/questions.ts';
import { createSpool, type Spool } from '../verify/spool.ts';

type Options = InstanceOptions & { store: string; from?: string; to?: string };

const ATTEMPTS = 5;
/** More events than this between the reports and the export are not told apart. */
const MAX_LATER_EVENTS = 40;
/** Events the engine looks at together; a component that is larger comes alone. */
const PART_EVENTS = 20_000;

/** An event that came in after T and may be in the ledgers all the same: where its line begins, and whose it is. */
type Later = { received_at: number; start: number; node: number };

type Exported = Pick<Questions, 'timezone' | 'asOf'> & { store_id: string };

/** Takes the export in: on disk, with what hangs together; answers what came in first after T, and all days. */
const readEvents = async (client: Client, { store_id, timezone, asOf }: Exported, spool: Spool) => {
  const components = createComponents();
  const hasher = await createHasher();
  const progress = createProgress('Reading', 1_000);
  let later: Later[] = [];
  const calendar = createCalendar(timezone);
  const days = new Set<string>();
  const see = (delivery: Delivery, start: number): number => {
    const time = eventTime(delivery);
    days.add(calendar.dayOf(time));
    const visitor = components.node('visitor ', delivery.visitor_id);
    const { cart_id, order_id, customer_id, received_at } = delivery;
    if (cart_id !== undefined) components.join(visitor, components.node('cart ', cart_id));
    if (order_id !== undefined) components.join(visitor, components.node('order ', order_id));
    // A customer's first order may be another visitor's.
    if (customer_id !== undefined && delivery.type === 'purchase')
      components.join(visitor, components.node('customer ', customer_id));
    // The ledgers stand no earlier than their last event: one that happened after T is not in them.
    if (received_at > asOf && time <= asOf) {
      later.push({ received_at, start, node: visitor });
      if (later.length > 2 * MAX_LATER_EVENTS) later = firstOf(later);
    }
    return visitor;
  };
  const response = await client.send('GET', `/api/v1/stores/${encodeURIComponent(store_id)}/events`);
  let read = 0;
  for await (const chunk of response.body ?? []) {
    let last: string | null = null;
    spool.take(chunk, ({ delivery, start }) => {
      last = delivery.visitor_id;
      return see(delivery, start);
    });
    // The export goes by this hash, from 0 to 2^64.
    if (last !== null) read = Number(hasher.visitorNode(last) >> 32n) / 2 ** 32;
    progress.update(Math.floor(read * 1_000), `${spool.events} events`);
  }
  spool.end();
  progress.end();
  return { components, later: firstOf(later), days };
};

const firstOf = (later: Later[]): Later[] =>
  later.sort((a, b) => a.received_at - b.received_at || a.start - b.start).slice(0, MAX_LATER_EVENTS);

/** A part's events that were known at T, and those of the first `count` that came in later. */
const eventsOf = (spool: Spool, part: Part, asOf: number, later: readonly Later[], count: number): Delivery[] => {
  const taken = new Set(later.slice(0, count).map(({ start }) => start));
  const deliveries: Delivery[] = [];
  for (const { delivery, start } of spool.read(part.runs))
    if (delivery.received_at <= asOf || taken.has(start)) deliveries.push(delivery);
  return deliveries;
};

/**
 * The ledgers hold everything that was received up to T and perhaps some of what came after it, in order: the reports
 * must equal the reference at T or after one of those events. Answers the fewest differences.
 */
const compare = async (
  { list, asOf, store }: Questions,
  spool: Spool,
  { components, later }: Awaited<ReturnType<typeof readEvents>>,
): Promise<Difference[]> => {
  const { settled, moving } = cutIntoParts(spool.runs, components, {
    partEvents: PART_EVENTS,
    movingNodes: later.map(({ node }) => node),
  });
  const comparisons = list.map((question) => createComparison(question, store, asOf));
  const addTo = (some: readonly Comparison[], part: Part, count: number): void => {
    const deliveries = eventsOf(spool, part, asOf, later, count);
    for (const comparison of some) comparison.add(deliveries);
  };
  const progress = createProgress('Verifying', spool.events);
  let done = 0;
  for (const part of settled) {
    addTo(comparisons, part, 0);
    done += part.events;
    progress.update(done, `${done} events`);
    // Lets the terminal draw and Ctrl-C through.
    await new Promise(setImmediate);
  }
  let best: Difference[] | null = null;
  for (let count = 0; count <= later.length; count++) {
    const forks = comparisons.map((comparison) => comparison.fork());
    for (const part of moving) addTo(forks, part, count);
    const found = forks.flatMap((comparison) => comparison.differences());
    if (best === null || found.length < best.length) best = found;
    if (best.length === 0) break;
  }
  progress.end();
  return best ?? [];
};

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
    const events = await readEvents(client, { ...questions, store_id }, spool);
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
