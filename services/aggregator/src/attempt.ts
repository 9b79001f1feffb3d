import { ClickHouseError } from '@cartledger/clickhouse';
import { AggregatorError } from './errors.ts';

/** The name of an error, for metrics and states. */
export const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};

/** No store's own: this aggregator may not go on writing. */
const endsRun = (error: unknown): boolean =>
  (error instanceof AggregatorError && error.code !== 'graph_in_motion') ||
  (error instanceof ClickHouseError &&
    (error.code === 'condition_failed' || error.code === 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO'));

const mayPass = (error: unknown): boolean => error instanceof ClickHouseError && error.retriable;

/** What failed in a run, by store. */
export type Troubles = Map<string, unknown>;

/**
 * Does some work for several stores, `together` when that goes well, else each by itself: one that fails is noted and
 * the others go on. Throws when this aggregator may not go on at all, and when all of them fail by something that
 * may pass, which is then no store's fault. `blameAnyway`: where others have got through already, that too is noted.
 */
export const forEachStore = async (
  stores: readonly string[],
  troubles: Troubles,
  work: (stores: readonly string[]) => Promise<void>,
  { blameAnyway = false } = {},
): Promise<void> => {
  if (stores.length === 0) return;
  try {
    await work(stores);
    return;
  } catch (error) {
    if (endsRun(error) || (stores.length === 1 && mayPass(error) && !blameAnyway)) throw error;
    if (stores.length === 1 && stores[0] !== undefined) {
      troubles.set(stores[0], error);
      return;
    }
  }
  const failed: Troubles = new Map();
  for (const store of stores)
    try {
      await work([store]);
    } catch (error) {
      if (endsRun(error)) throw error;
      failed.set(store, error);
    }
  const errors = [...failed.values()];
  if (errors.length === stores.length && errors.every(mayPass) && !blameAnyway) throw errors[0];
  for (const [store, error] of failed) troubles.set(store, error);
};
