/** What can be asked about one history. */
import { reference } from '@cartledger/funnel';
import { createRandom } from '@cartledger/funnel/testing';
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
export const findingsOf = async (all: Asked, kinds: readonly Kind[]): Promise<Finding[]> => {
  const { store, deliveries, question, fxRates, random } = all;
  const { definition, versions } = store;
  const expected = reference({ deliveries, definition, versions, ...question, fxRates });
  const seed = random.below(2 ** 31);
  const ask: Record<Kind, (asked: Asked) => Promise<Finding[]>> = {
    funnel: funnelFindings,
    carts: (asked) => cartFindings(asked, expected),
    revenue: (asked) => revenueFindings(asked, expected),
    pipeline: (asked) => pipelineFindings(asked, expected),
    explain: explainFindings,
  };
  const findings: Finding[] = [];
  // What is chosen for one kind does not depend on which others are asked for: a failure is found again by all kinds.
  for (const kind of kinds)
    findings.push(...(await ask[kind]({ ...all, random: createRandom(seed + KINDS.indexOf(kind)) })));
  return findings;
};
