import { ClickHouseError } from '@cartledger/clickhouse';
import type { Logger } from '@cartledger/service';
import { retry } from './retry.ts';
import { StartupRefusedError } from './startup-check.ts';
import type { Waiting } from './waiting.ts';

type ServerChecked = {
  /** Settled once the store has shown that it keeps our settings; nothing is written before. */
  checked: Promise<void>;
  /** Once; a store that is down is waited for. */
  check(): Promise<void>;
};

const isFinal = (error: unknown): boolean =>
  error instanceof StartupRefusedError || (error instanceof ClickHouseError && error.code === 'unsuitable_server');

export const createServerChecked = (
  {
    check,
    waiting,
    backoffMs,
    logger,
    onRefused,
  }: {
    check: () => Promise<{ version: string }>;
    waiting: Waiting;
    backoffMs: (attempt: number) => number;
    logger: Logger;
    onRefused: (error: unknown) => void;
  },
  signal: AbortSignal,
): ServerChecked => {
  const { promise: checked, resolve, reject } = Promise.withResolvers<void>();
  // A rejection is handled where batches await it; there may be none.
  checked.catch(() => {});
  return {
    checked,
    check: async () => {
      try {
        const { version } = await waiting.during('server_check', (onFailure) =>
          retry(check, { backoffMs, signal, isFinal, onFailure }),
        );
        logger.info({ version }, 'server, tables and topics are as ingest needs them');
        resolve();
      } catch (error) {
        reject(error);
        onRefused(error);
      }
    },
  };
};
