import { randomUUID } from 'node:crypto';
import type { ClickHouse } from '@cartledger/clickhouse';
import type { Control } from '@cartledger/control';
import { type EventLog, type LogRecord, packRecords } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import { backoff, createMetrics, type Logger } from '@cartledger/service';
import { createBatchSteps } from '../batch-steps.ts';
import { recordBytes } from '../batcher.ts';
import type { IngestConfig } from '../config.ts';
import { createDeadLetters } from '../dead-letters.ts';
import { createDesks } from '../desks.ts';
import type { Erased } from '../erased.ts';
import { createErasedRecords } from '../erased-records.ts';
import { createIngestMetrics } from '../metrics.ts';
import type { Quarantine } from '../quarantine.ts';
import { createRecordRun } from '../record-run.ts';
import { withoutExpired } from '../scan/without-expired.ts';
import { createStoreDirectory } from '../store-directory.ts';
import { createTakeIn } from '../take-in.ts';
import { createWaiting } from '../waiting.ts';
import { createWriter } from '../writer.ts';
import { createLetterReader, createVerdicts } from './letters.ts';
import { createRows } from './rows.ts';
import type { BackfillRun, RunPartition, RunRange } from './run.ts';

type ReaderDeps = {
  log: EventLog;
  clickhouse: ClickHouse;
  stores: Pick<Control['stores'], 'list'>;
  quarantine: Quarantine;
  erased: Erased;
  hasher: Hasher;
  logger: Logger;
  now: () => number;
};

export type ReaderConfig = Pick<IngestConfig, 'topic' | 'deadLettersTopic' | 'batch' | 'stores' | 'backoff'>;

type Read = { records: number; leftOut: number; newLetters: number };

/** How long a batch waits for a store that does not answer; then the turn fails, and is done again by who repeats it. */
const PATIENCE_MS = 30_000;

/** Takes batches of the log into the table of a backfill: by ingest's own steps, but for touches, counts and letters. */
export const createReader = (deps: ReaderDeps, config: ReaderConfig) => {
  const { log, clickhouse, quarantine, erased, hasher, now } = deps;
  const { topic, deadLettersTopic, batch: bounds } = config;
  // Of its own: nothing of a backfill is counted a second time.
  const metrics = createIngestMetrics(createMetrics());
  const waiting = createWaiting({ now, logger: deps.logger, metrics });
  const backoffMs = backoff({ ...config.backoff, random: Math.random });
  const stores = createStoreDirectory({ stores: deps.stores, now }, config.stores);
  const desks = createDesks({ stores, hasher });
  const deadLetters = createDeadLetters(
    { log, metrics, waiting, backoffMs },
    { topic: deadLettersTopic, eventsTopic: topic },
  );
  const readLetters = createLetterReader(log, { topic, deadLettersTopic });

  const takeIn = async (run: BackfillRun, partition: number, records: readonly LogRecord[]): Promise<Read> => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const verdicts = createVerdicts(
      {
        dead: await readLetters(run, signal),
        rows: createRows(clickhouse, 'events', run.table),
        letters: deadLetters,
      },
      { epoch: run.epoch, partition },
    );
    const intoOurs: Pick<ClickHouse, 'insertNative'> = {
      insertNative: (_, columns, block) => clickhouse.insertNative(run.table, columns, block),
    };
    const ofWriter = { clickhouse: intoOurs, hasher, metrics, waiting, backoffMs, life: signal };
    const writer = createWriter(ofWriter);
    // How long a store keeps what it knows is asked where it is known what the present table has.
    const keptForEver: typeof stores.get = (store_id) => {
      const rules = stores.get(store_id);
      return rules && { ...rules, retentionDays: null };
    };
    let landed = 0;
    await stores.refreshIfStale();
    const steps = createBatchSteps({
      takeIn: createTakeIn({ stores, now }),
      stores: { ...stores, get: keptForEver },
      desks,
      deadLetters: verdicts.letters,
      writer: {
        writeEvents: async (desk, accepted, ofBatch, topicEpoch, ended) => {
          const rows = await verdicts.asPresent(accepted, withoutExpired(accepted, stores, now()), ofBatch);
          const written = await writer.writeEvents(desk, rows, ofBatch, topicEpoch, ended);
          landed += written.landed.order.length;
          return written;
        },
        writeTouches: async () => {},
      },
      tally: { write: async () => {} },
      erased: createErasedRecords({ erased, hasher }, { maxAgeMs: 0 }),
      newBatchId: randomUUID,
      metrics,
      waiting,
      backoffMs,
      now,
    });
    await steps({ records: createRecordRun([packRecords(records)]), bytes: 0, arrivedAt: now() }, run.epoch, signal);
    return { records: records.length, leftOut: records.length - landed, newLetters: verdicts.written };
  };

  /** A batch's worth of records of [from, to), and where reading goes on. */
  const collect = async (partition: number, from: bigint, to: bigint) => {
    const records: LogRecord[] = [];
    let bytes = 0;
    for await (const record of log.read(topic, partition, from, to)) {
      records.push(record);
      bytes += recordBytes(record);
      if (records.length === bounds.maxRows || bytes >= bounds.maxBytes) return { records, next: record.offset + 1n };
    }
    return { records, next: to };
  };

  return {
    /**
     * Goes on with a partition by one batch. What was set aside is not read, for nobody may be able to: of it, and of
     * what retention has taken before it was read, rows of the present table are to be copied: `range`.
     */
    async read(run: BackfillRun, one: RunPartition): Promise<Read & { position: number; range: RunRange | null }> {
      const { partition } = one;
      const { epoch } = run;
      const [from, until] = [BigInt(one.position), BigInt(one.until)];
      const rangeTo = (end: bigint): RunRange => ({ partition, first: one.position, end: Number(end) });
      const nothing = { records: 0, leftOut: 0, newLetters: 0 };
      const earliest = async (): Promise<bigint> =>
        (await log.offsets(topic)).find((lag) => lag.partition === partition)?.earliest ?? 0n;
      const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

      await quarantine.refreshIfStale();
      const aside = quarantine.ranges.filter(
        (range) => range.topicEpoch === epoch && range.partition === partition && range.last >= from,
      );
      const standing = aside.find(({ first }) => first <= from);
      const gone = await earliest();
      const passed = standing === undefined ? gone : standing.last + 1n;
      if (passed > from) {
        const to = least(passed, until);
        return { ...nothing, position: Number(to), range: rangeTo(to) };
      }
      const to = aside.reduce((end, { first }) => least(end, first), until);
      const { records, next } = await collect(partition, from, to);
      const done = records.length === 0 ? nothing : await takeIn(run, partition, records);
      // What retention took while it was being read was passed over in silence.
      const after = await earliest();
      return { ...done, position: Number(next), range: after > from ? rangeTo(least(after, next)) : null };
    },
  };
};
export type Reader = ReturnType<typeof createReader>;
