/** What may be said of a store while a new definition is worked in. */
import type { Store } from '@cartledger/control';
import { createRandom } from '@cartledger/funnel/testing';
import { ReportError, type Reports } from '@cartledger/reports';
import type { Asked, Finding } from './property-check.ts';
import { findingsOf, type Kind } from './property-findings.ts';

/** The reports as everybody asks for them who has heard of the store as it is now. */
const askedBy = (reports: Reports, { definition, versions }: Store): Reports => ({
  ...reports,
  funnel: (query, options) => reports.funnel({ ...query, definition, versions }, options),
  abandonment: (query) => reports.abandonment({ ...query, definition, versions }),
  revenue: (query) => reports.revenue({ ...query, definition, versions }),
  pipeline: (query, options) => reports.pipeline({ ...query, definition, versions }, options),
  explain: (report, query, page, options) => reports.explain(report, { ...query, definition, versions }, page, options),
});

/**
 * `refused` when it is said that everything is being counted anew; otherwise in what a report differs both from what the
 * store's definition said before and from what it says now: none means that it is right by the one or by the other.
 */
export const findingsWhileChanging = async (
  { reports, question, ...asked }: Omit<Asked, 'store' | 'random'>,
  { before, now, seed }: { before: Store; now: Store; seed: number },
  kind: Kind,
): Promise<'refused' | Finding[]> => {
  const findings: Finding[] = [];
  for (const store of [before, now]) {
    const random = createRandom(seed);
    // Days of two zones: what is all history in one is not in the other.
    const all = { ...asked, reports: askedBy(reports, now), store, question: { ...question, whole: false }, random };
    try {
      const some = await findingsOf(all, [kind]);
      if (some.length === 0) return [];
      findings.push(...some.map((finding) => ({ ...finding, what: `${finding.what} (${store.definition.version})` })));
    } catch (error) {
      if (error instanceof ReportError && error.code === 'recounting') return 'refused';
      throw error;
    }
  }
  return findings;
};
