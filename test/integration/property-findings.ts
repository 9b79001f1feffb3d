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

/** Everything in which what is asked for differs from the reference or breaks an identity; none means right. */
export const findingsOf = async (asked: Asked, shares: Shares): Promise<Finding[]> => {
  const { store, deliveries, question, fxRates, random } = asked;
  const { definition, versions } = store;
  const expected = reference({ deliveries, definition, versions, ...question, fxRates });
  const ask = async (share: number, work: () => Promise<Finding[]>): Promise<Finding[]> =>
    random.chance(share) ? work() : [];
  return [
    ...(await ask(shares.funnel, () => funnelFindings(asked))),
    ...(await ask(shares.carts, () => cartFindings(asked, expected))),
    ...(await ask(shares.revenue, () => revenueFindings(asked, expected))),
    ...(await ask(shares.pipeline, () => pipelineFindings(asked, expected))),
    ...(await ask(shares.explain, () => explainFindings(asked))),
  ];
};
