/** What the three reports must say of a simulated store: sums over what its shoppers did. */
import type { AbandonmentBody, CurrencyRevenue, FunnelStage } from '@cartledger/funnel';
import type { Facts } from '../facts.ts';
import type { Store } from '../store.ts';
import { abandonmentTruth } from './abandonment.ts';
import { standAt } from './carts.ts';
import { funnelTruth } from './funnel.ts';
import { revenueTruth } from './revenue.ts';

export type TruthQuery = {
  store_id: string;
  /** Local days, both inclusive, `YYYY-MM-DD`. */
  from: string;
  to: string;
  /** T, ms UTC. Reports stand no earlier than the last event, and nor does the truth. */
  asOf: number;
};

/** In the shapes of the reports' bodies. */
export type Truth = {
  /** The stages of each of the definition's funnels. */
  funnels: FunnelStage[][];
  abandonment: AbandonmentBody;
  /** By currency. */
  revenue: Record<string, CurrencyRevenue>;
};

export const tellTruth = (store: Store, facts: Facts, { from, to, asOf }: TruthQuery): Truth => {
  const t = Math.max(asOf, facts.lastEventAt);
  const inPeriod = (day: string): boolean => from <= day && day <= to;
  const carts = facts.carts
    .filter((fact) => inPeriod(fact.day) && !facts.testCarts.has(fact))
    .map((fact) => standAt(fact, store.definition, t));
  return {
    funnels: store.definition.funnels.map((funnel) => funnelTruth(facts, funnel, inPeriod)),
    abandonment: abandonmentTruth(carts),
    revenue: revenueTruth({
      carts,
      orders: facts.orders.filter(({ day }) => inPeriod(day)),
      refunds: facts.refunds.filter(({ day }) => inPeriod(day)),
      cartValue: ({ cart }) => (cart === null ? 0 : standAt(cart, store.definition, t).value),
    }),
  };
};
