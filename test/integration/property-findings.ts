/** Some of what can be asked about one history. */
import { reference } from '@cartledger/funnel';
import {
  type Asked,
  cartFindings,
  type Finding,
  funnelFindings,
  pipelineFindings,
  revenueFindings,
} from './property-check.ts';
import { explainFindings } from './property-explain.ts';

/** How often each is asked for: all of them for each history would take long, and there are many histories. */
export type Shares = { funnel: number; carts: number; revenue: number; pipeline: number; explain: number };

/**
 * Everything in which what is asked for differs from the reference or breaks an identity; none means right. When chance
 * chooses nothing else, it is a funnel.
 */
export const findingsOf = async (asked: Asked, shares: Shares): Promise<Finding[]> => {
  const { store, deliveries, question, fxRates, random } = asked;
  const { definition, versions } = store;
  const expected = reference({ deliveries, definition, versions, ...question, fxRates });
  const questions: [number, () => Promise<Finding[]>][] = [
    [shares.carts, () => cartFindings(asked, expected)],
    [shares.revenue, () => revenueFindings(asked, expected)],
    [shares.pipeline, () => pipelineFindings(asked, expected)],
    [shares.explain, () => explainFindings(asked)],
  ];
  const chosen = questions.filter(([share]) => random.chance(share)).map(([, ask]) => ask);
  if (chosen.length === 0 || random.chance(shares.funnel)) chosen.push(() => funnelFindings(asked));
  const findings: Finding[] = [];
  for (const ask of chosen) findings.push(...(await ask()));
  return findings;
};
