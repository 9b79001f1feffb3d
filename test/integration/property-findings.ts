/** What can be asked about one history. */
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

export const KINDS = ['funnel', 'carts', 'revenue', 'pipeline', 'explain'] as const;
export type Kind = (typeof KINDS)[number];

/** Everything in which what is asked for differs from the reference or breaks an identity; none means right. */
export const findingsOf = async (asked: Asked, kinds: readonly Kind[]): Promise<Finding[]> => {
  const { store, deliveries, question, fxRates } = asked;
  const { definition, versions } = store;
  const expected = reference({ deliveries, definition, versions, ...question, fxRates });
  const ask: Record<Kind, () => Promise<Finding[]>> = {
    funnel: () => funnelFindings(asked),
    carts: () => cartFindings(asked, expected),
    revenue: () => revenueFindings(asked, expected),
    pipeline: () => pipelineFindings(asked, expected),
    explain: () => explainFindings(asked),
  };
  const findings: Finding[] = [];
  for (const kind of kinds) findings.push(...(await ask[kind]()));
  return findings;
};
