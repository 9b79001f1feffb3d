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
  insertSelect(target: string, source: string, params: Readonly<Record<string, unknown>>): Promise<bigint>;
  /** What an insert of a block needs: its version and the condition under which it is made. */
  begin(): Promise<{ version: bigint; onlyIf: ReturnType<Writers['condition']> }>;
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
  const begin: Fence['begin'] = async () => {
    const token = await lease.confirm();
    return { version: lease.nextVersion(), onlyIf: writers.condition(token) };
  };
  return {
    token: () => lease.token(),
    begin,
    insertSelect: async (target, source, params) => {
      const { version, onlyIf } = await begin();
      await clickhouse.command(
        `INSERT INTO \`${target}\` ${source} WHERE throwIf(ifNull(NOT (${onlyIf.sql}), 1)) = 0`,
        { ...params, ...onlyIf.params, version },
      );
      return version;
    },
  };
};
