/** All reports of a store against the reference engine. */
import { setImmediate } from 'node:timers/promises';
import type { Delivery } from '@cartledger/events';
import { createProgress } from '@cartledger/service';
import { createComparison, type Difference } from './comparison.ts';
import { betweenRuns, linesOf } from './parts.ts';
import type { Questions } from './questions.ts';
import { PART_EVENTS, type Read } from './read-events.ts';
import type { Spool } from './spool.ts';

/**
 * The ledgers hold everything that was received up to T and perhaps some of what came after it, in order: the reports
 * must equal the reference at T or after one of those events. Answers the fewest differences.
 */
export const compare = async (
  { list, asOf, store }: Questions,
  spool: Spool,
  { runs, parts, later }: Read,
): Promise<Difference[]> => {
  const comparisons = list.map((question) => createComparison(question, store, asOf));
  const isKnown = ({ received_at }: Delivery): boolean => received_at <= asOf;
  const progress = createProgress('Verifying', spool.events);
  let done = 0;
  const add = async (deliveries: readonly Delivery[]): Promise<void> => {
    const known = deliveries.filter(isKnown);
    for (const comparison of comparisons) comparison.add(known);
    done += deliveries.length;
    progress.update(done, `${done} events`);
    // Lets the terminal draw and Ctrl-C through.
    await setImmediate();
  };
  for (const deliveries of betweenRuns(spool, runs, PART_EVENTS)) await add(deliveries);
  for (const part of parts.settled) await add([...linesOf(spool, runs, part)].map(({ delivery }) => delivery));

  let best: Difference[] | null = null;
  for (let count = 0; count <= later.length; count++) {
    const taken = new Set(later.slice(0, count).map(({ start }) => start));
    const forks = comparisons.map((comparison) => comparison.fork());
    for (const part of parts.moving) {
      const lines = [...linesOf(spool, runs, part)].filter(
        ({ delivery, start }) => isKnown(delivery) || taken.has(start),
      );
      for (const fork of forks) fork.add(lines.map(({ delivery }) => delivery));
    }
    const found = forks.flatMap((fork) => fork.differences());
    if (best === null || found.length < best.length) best = found;
    if (best.length === 0) break;
  }
  progress.end();
  return best ?? [];
};
