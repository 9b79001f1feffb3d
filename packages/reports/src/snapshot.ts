import type { ClickHouse } from '@cartledger/clickhouse';
import { hasStoodStill, readState, type StoreState, type Watched } from './state.ts';

const TRIES = 6;

/**
 * A report is several queries. Each sees whole components, but between two of them the ledgers may move on; then all
 * are asked again, so that its parts are of one state. While much is being taken in the last try stands, `still` false.
 * Only writes of the days watched count: what is taken in today moves no report of last quarter.
 */
export const atOneState = async <T>(
  clickhouse: ClickHouse,
  store_id: string,
  watched: Watched,
  read: (state: StoreState) => Promise<T>,
): Promise<{ value: T; still: boolean }> => {
  for (let tries = 1; ; tries++) {
    const state = await readState(clickhouse, store_id, watched);
    const value = await read(state);
    const still = await hasStoodStill(clickhouse, store_id, watched, state);
    if (still || tries === TRIES) return { value, still };
  }
};
