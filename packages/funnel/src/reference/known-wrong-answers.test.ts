import { parseEvent } from '@cartledger/events';
import { describe, expect, it } from 'vitest';
import { ledgerDifferences } from '../testing/both-engines.ts';
import { KNOWN_WRONG_ANSWERS } from './known-wrong-answers.ts';
import { reference } from './reports.ts';

describe.each(KNOWN_WRONG_ANSWERS.map((answer) => [answer.name, answer] as const))('%s', (_name, answer) => {
  const reports = reference(answer);

  it('in the reference engine', () => {
    expect(reports).toMatchObject(answer.right);
  });

  it('in the ledgers', () => {
    expect(ledgerDifferences(answer, reports)).toEqual([]);
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
