import type { ClickHouse } from '@cartledger/clickhouse';
import type { Lease } from './lease.ts';
import type { Writers } from './writers.ts';

export type Fence = {
  /** Who holds the lease: as long as it stays the same, nobody else has written. */
  token(): number;
  /**
   * `INSERT INTO target SELECT source`, refused by the server when another writer has begun since; `version` is a
   * parameter of the source.
   */
  insertSelect(target: string, source: string, params: Readonly<Record<string, unknown>>): Promise<void>;
  /**
   * One write, and what it needs: its version and the condition under which it is made. When it fails, an insert may
   * have been made or may land later; whatever is written next waits until it is neither begun nor under way.
   */
  write<T>(work: (under: { version: bigint; onlyIf: ReturnType<Writers['condition']> }) => Promise<T>): Promise<T>;
};

/** Everything the holder of the lease writes goes through here. */
export const createFence = ({
  clickhouse,
  lease,
  writers,
}: {
  clickhouse: ClickHouse;
  lease: Lease;
  writers: Writers;
}): Fence => {
  const write: Fence['write'] = async (work) => {
    const token = await lease.confirm();
    try {
      return await work({ version: lease.nextVersion(), onlyIf: writers.condition(token) });
    } catch (error) {
      lease.outgrow();
      throw error;
    }
  };
  return {
    token: () => lease.token(),
    write,
    insertSelect: (target, source, params) =>
      write(({ version, onlyIf }) =>
        clickhouse.command(
          `INSERT INTO \`${target}\` ${source} WHERE throwIf(ifNull(NOT (${onlyIf.sql}), 1)) = 0`,
          { ...params, ...onlyIf.params, version },
          { bounded: true },
        ),
      ),
  };
};
