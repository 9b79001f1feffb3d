/** A spool in memory, whose calls a test can make fail or wait. */
import { EventLogError, type EventLogErrorCode, type LogRecord } from '@cartledger/event-log';
import { createLogger } from '@cartledger/service';
import { openSpool, type SpoolLog } from '../spool.ts';

export const failure = (code: EventLogErrorCode, retriable = true): EventLogError =>
  new EventLogError(code, code, { retriable });

export const silent = createLogger({ component: 'test', level: 'silent' });

export const memorySpool = async ({
  maxRecords = Number.POSITIVE_INFINITY,
  now = () => 0,
}: {
  maxRecords?: number;
  now?: () => number;
} = {}) => {
  const records: LogRecord[] = [];
  let earliest = 0;
  /** Each is awaited before the call does anything. */
  const before: { produce?: () => Promise<void>; deleteRecords?: () => Promise<void> } = {};
  const log: SpoolLog = {
    ensureTopic: async () => {},
    async produce(_, added) {
      await before.produce?.();
      for (const { key, value, headers = {} } of added) {
        if (records.length - earliest >= maxRecords) throw failure('full');
        records.push({
          partition: 0,
          offset: BigInt(records.length),
          timestamp: now(),
          key: Buffer.from(key),
          value,
          headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
        });
      }
    },
    offsets: async () => [{ partition: 0, earliest: BigInt(earliest), end: BigInt(records.length) }],
    async *read(_, __, from, to) {
      yield* records.slice(Math.max(earliest, Number(from)), Number(to));
    },
    async deleteRecords(_, __, below) {
      await before.deleteRecords?.();
      earliest = Math.max(earliest, Number(below));
    },
    keptBytes: async () => records.slice(earliest).reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
    healthy: async () => true,
    stop: async () => {},
  };
  return { spool: await openSpool(log, { logger: silent }), log, before };
};
