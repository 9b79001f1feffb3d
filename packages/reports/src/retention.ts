/** What reports say of days of which retention has removed something: docs/retention.md. */
import { type ClickHouse, defineQuery, utcMs } from '@cartledger/clickhouse';
import { createCalendar, firstDayFrom, funnelKey, type ReportHead } from '@cartledger/funnel';
import { z } from 'zod';
import { ReportError } from './errors.ts';
import { type FunnelPlan, shapeOf } from './funnel/plan.ts';
import { earlier } from './open-from.ts';
import type { ReportQuery } from './query.ts';
import { stretchesOf, versionsOf } from './versions.ts';

/** By which newest definition days were frozen, oldest days first. */
const frozenBy = defineQuery({
  name: 'frozen_by',
  sql: `
    SELECT retention.definition_version AS version, max(retention.removed_before) AS removed_before
    FROM retention
    WHERE store_id = {store_id:String}
    GROUP BY version
    ORDER BY removed_before`,
  params: z.object({ store_id: z.string() }),
  row: z.object({ version: z.coerce.number(), removed_before: utcMs }),
});

const removed = (query: ReportQuery, keptFrom: string, what: string): ReportError =>
  new ReportError(
    'details_removed',
    'from',
    `from is ${query.from}: ${what}; the store's retention has removed that of days before ${keptFrom}. Ask for days from ${keptFrom} on`,
  );

/** Throws ReportError `details_removed` for what is told by single units, of days of which some were removed. */
export const needsDetails = (query: ReportQuery, keptFrom: string, what: string): void => {
  if (query.from < keptFrom) throw removed(query, keptFrom, `${what} from single events and ledger rows`);
};

/**
 * Throws ReportError `details_removed` for a funnel that cannot be told of days of which only totals are left: it, or a
 * breakdown of it, was not kept then, or by other stages.
 */
export const needsTotals = async (
  clickhouse: ClickHouse,
  query: ReportQuery,
  plan: FunnelPlan,
  keptFrom: string,
): Promise<void> => {
  if (query.from >= keptFrom) return;
  if (!plan.kept || plan.breakdown !== null)
    needsDetails(
      query,
      keptFrom,
      plan.kept ? 'a breakdown is counted' : 'a funnel that the store does not keep is counted',
    );
  const calendar = createCalendar(query.definition.time_zone);
  let { from } = query;
  for (const { version, removed_before } of await clickhouse.query(frozenBy, { store_id: query.store_id })) {
    const until = firstDayFrom(calendar, removed_before);
    if (until <= from || from > query.to) continue;
    const versions = versionsOf(query).filter(({ definition }) => definition.version <= version);
    const last = new Date(Date.parse(until) - 86_400_000).toISOString().slice(0, 10);
    for (const { definition } of stretchesOf({ ...query, versions, from, to: earlier(last, query.to) ?? last }))
      if (
        !definition.funnels.some((kept) => funnelKey(kept) === plan.key) ||
        shapeOf(definition, plan.funnel) !== plan.shape
      )
        throw removed(
          query,
          keptFrom,
          `this funnel was not kept, or by other stages, when days before ${until} were counted last, and it would be counted anew from their events`,
        );
    from = until;
  }
};

/** For every report that has such days. */
export const totalsAlone = ({ from }: ReportQuery, keptFrom: string): ReportHead['warnings'] =>
  from >= keptFrom
    ? []
    : [
        {
          code: 'details_removed',
          message:
            `Of days before ${keptFrom} only totals are left, as they stood when the store's retention removed the rest: ` +
            'lists, times of carts and converted totals are left out, and who came back much later counts again.',
        },
      ];
