import { parseEvent } from '@cartledger/events';
import { describe, expect, it } from 'vitest';
import { differences } from '../compare.ts';
import { buildLedger, createCalendar } from '../ledger/index.ts';
import { foldReports } from '../ledger/test-fold.ts';
import { keptOf } from '../testing.ts';
import type { KnownWrongAnswer } from './known-wrong-answer.ts';
import { KNOWN_WRONG_ANSWERS } from './known-wrong-answers.ts';
import { reference } from './reports.ts';

/** The same from ledger rows; T is no earlier than the last event, as in reports. */
const fromLedger = ({ deliveries, definition, versions, asOf, from, to }: KnownWrongAnswer) => {
  const rows = buildLedger({
    events: keptOf(deliveries),
    definition,
    ...(versions !== undefined && { versions }),
    days: createCalendar(definition.time_zone),
  });
  const { funnel, abandonment, details, revenue, carts, orders } = foldReports(rows, { definition, asOf, from, to });
  return { funnels: funnel, abandonment, details, revenue: revenue.currencies, carts, orders };
};

describe.each(KNOWN_WRONG_ANSWERS.map((answer) => [answer.name, answer] as const))('%s', (_name, answer) => {
  const reports = reference(answer);

  it('in the reference engine', () => {
    expect(reports).toMatchObject(answer.right);
  });

  it('in the ledgers', () => {
    const { funnels, abandonment, details, revenue, carts, orders } = reports;
    const expected = { funnels, abandonment, details, revenue, carts, orders };
    // Names of products are put to them where reports are printed.
    expect(differences(expected, fromLedger(answer), { ignoredKeys: ['name'] })).toEqual([]);
  });
});

describe('at the door', () => {
  it('`order_id: "undefined"` and its like are rejected', () => {
    const sent = KNOWN_WRONG_ANSWERS.flatMap(({ rejected, asOf }) => rejected.map((each) => ({ ...each, asOf })));
    expect(sent.length).toBeGreaterThan(0);
    for (const { event, code, asOf } of sent)
      expect(parseEvent(event, { received_at: asOf, maxAgeDays: 400 })).toMatchObject({ code });
  });
});
