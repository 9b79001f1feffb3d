/** TEST ONLY: what a history is, said by the reference engine and held against the ledgers. */
import { differences } from '../compare.ts';
import { buildLedger, createCalendar } from '../ledger/index.ts';
import { foldReports } from '../ledger/test-fold.ts';
import type { ReferenceInput } from '../reference/look.ts';
import { type ReferenceReports, reference } from '../reference/reports.ts';
import { type Told, toldInput } from '../reference/scenario.ts';
import { keptOf } from './kept.ts';

type Input = Omit<ReferenceInput, 'deliveries'> & { deliveries: Parameters<typeof keptOf>[0] };

/**
 * Where the ledgers say otherwise than the reference: nowhere. Only of reports that the fold makes of rows: by one
 * version's funnels, T no earlier than the last event. Names of products are put to them where reports are printed.
 */
export const ledgerDifferences = (input: Input, reports: ReferenceReports = reference(input)) => {
  const { deliveries, definition, versions, from, to } = input;
  const events = keptOf(deliveries);
  const asOf = events.reduce((latest, { event_time }) => Math.max(latest, event_time), input.asOf);
  const rows = buildLedger({
    events,
    definition,
    ...(versions !== undefined && { versions }),
    days: createCalendar(definition.time_zone),
  });
  const period = { definition, asOf, from, to };
  const folded = foldReports(rows, period);
  const byOrderDay = foldReports(rows, { ...period, refundsOn: 'order' }).revenue.currencies;
  const { funnels, abandonment, details, revenue, carts, orders } = reports;
  const expected = { funnel: funnels, abandonment, details, revenue: { currencies: revenue }, carts, orders };
  return [
    ...differences(expected, folded, { ignoredKeys: ['name'] }),
    ...differences({ byOrderDay: reports.byOrderDay.revenue }, { byOrderDay }),
  ];
};

/** A story told by both engines: the reference's reports; throws when the ledgers say otherwise. */
export const tell = (story: readonly Told[], told: Parameters<typeof toldInput>[1] = {}): ReferenceReports => {
  const input = toldInput(story, told);
  const reports = reference(input);
  const isFolded = input.definitionVersion === undefined && reports.conflicts.every((conflict) => conflict === null);
  const [first] = isFolded ? ledgerDifferences(input, reports) : [];
  if (first)
    throw new Error(`${first.path}: the reference says ${String(first.expected)}, the ledgers ${String(first.actual)}`);
  return reports;
};
