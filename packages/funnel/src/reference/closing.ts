/** From which day of a period on time alone may still move its figures (docs/definitions.md 8.2). */
import { DAY_MS } from '../definition.ts';
import type { Look } from './look.ts';

/** Report by report the first such day of the period, null when all are closed. */
export type OpenFrom = {
  /** Funnel by funnel. */
  funnels: (string | null)[];
  abandonment: string | null;
  revenue: string | null;
  pipeline: string | null;
};

const earliest = (days: readonly (string | null)[]): string | null =>
  days.filter((day) => day !== null).sort()[0] ?? null;

export const openFromOf = (
  { world, period, funnels, pipeline }: Pick<Look, 'world' | 'period' | 'funnels' | 'pipeline'>,
  from: string,
  to: string,
): OpenFrom => {
  const { asOf, history } = world;
  /** Of what closes so long after the end of its day. */
  const closingAfter = (ms: number): string | null => {
    const open = history.dayOf(asOf - ms);
    if (open > to) return null;
    return open < from ? from : open;
  };
  const unsettled = period.carts.filter(({ settlesAt }) => settlesAt !== null && settlesAt > asOf);
  const carts = earliest([closingAfter(0), ...unsettled.map(({ openedOn }) => openedOn)]);
  const orders = closingAfter(DAY_MS);
  return {
    funnels: funnels.map(({ funnel }) => closingAfter(funnel.window_ms)),
    abandonment: carts,
    revenue: earliest([carts, orders]),
    pipeline: earliest([carts, orders, closingAfter(pipeline.funnel.window_ms)]),
  };
};

/** Of a history cut into parts. */
export const mergeOpenFrom = (a: OpenFrom, b: OpenFrom): OpenFrom => ({
  funnels: a.funnels.map((day, i) => earliest([day, b.funnels[i] ?? null])),
  abandonment: earliest([a.abandonment, b.abandonment]),
  revenue: earliest([a.revenue, b.revenue]),
  pipeline: earliest([a.pipeline, b.pipeline]),
});
