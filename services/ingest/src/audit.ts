import type { ClickHouse } from '@cartledger/clickhouse';
import type { EventLog, LogRecord } from '@cartledger/event-log';
import type { Hasher } from '@cartledger/events';
import { type DeadOffsets, readDeadOffsets } from './audit-dead-letters.ts';
import { type Identity, identityOf } from './audit-identity.ts';
import { type AuditRange, type AuditRefusal, type AuditRequest, auditRanges } from './audit-ranges.ts';
import { type Kept, readKept, readWindow, WINDOW } from './audit-rows.ts';
import { type Erased, NOTHING_ERASED } from './erased.ts';
import { type LostRanges, lostWithin } from './lost-ranges.ts';
import { readReceipt } from './receipt.ts';
import { subjectOf } from './subject.ts';

/**
 * Why a delivery has no row of its own. In order: a dead letter is there; another delivery of its event is kept; its
 * visitor or customer was erased after it happened; it happened longer ago than its store keeps; none of these.
 */
export type PartitionAudit = AuditRange & {
  /** Records read of the log; the sum of the next six. */
  records: number;
  /** A row of this very delivery is there. */
  kept: number;
  /** Its event is there by another delivery of it that comes before this one. */
  repeats: number;
  deadLetters: number;
  erased: number;
  expired: number;
  missing: number;
  /** Of those kept: rows of several events were made of this one delivery. */
  countedTwice: number;
  /** Of the offsets asked for: retention removed them before they were read, as was noted then. */
  lostToRetention: bigint;
};

export type AuditFinding = {
  partition: number;
  offset: bigint;
  what: 'missing' | 'counted_twice' | 'lost_to_retention';
  /** Why it is called so, in words. */
  reason: string;
};

export type AuditReport = {
  epoch: string;
  partitions: PartitionAudit[];
  /** The first MAX_FINDINGS. */
  findings: AuditFinding[];
  /** Nothing is missing, counted twice or lost. */
  clean: boolean;
};

export type AuditProgress = { done: bigint; total: bigint; records: number; missing: number };

type AuditDeps = {
  log: Pick<EventLog, 'offsets' | 'offsetsAt' | 'committed' | 'topicEpoch' | 'read'>;
  clickhouse: Pick<ClickHouse, 'query' | 'stream'>;
  hasher: Hasher;
  lost: Pick<LostRanges, 'of'>;
  /** Default: nobody ever is. */
  erased?: Pick<Erased, 'freshWithin' | 'has'>;
  /** Since when each store keeps what happened, ms UTC. Default: for ever. */
  keptSince?: () => Promise<(store_id: string) => number>;
  now: () => number;
};

const KEPT_FOR_EVER = async () => () => Number.NEGATIVE_INFINITY;

const MAX_FINDINGS = 100;
/** Deliveries without a row of their own that are asked about together. */
const MAX_PENDING = 1_000;
const RECORDS_A_TURN = 1_000;

const isRefusal = (ranges: AuditRange[] | AuditRefusal): ranges is AuditRefusal => !Array.isArray(ranges);

/** The version of `events`, as an order: the smaller received_at, then the smaller hash of the payload, is kept. */
const comesBefore = (kept: Kept, own: Identity): boolean =>
  kept.received_ms < own.received_at || (kept.received_ms === own.received_at && kept.payload_hash <= own.payload_hash);

/**
 * Reads a range of the log again and finds what became of each record. A row is known by epoch, partition and offset
 * and by the hash of its payload; what has no such row must be a dead letter, or its event must be there by a delivery
 * that comes before it. Memory is bounded by one window of offsets and a bit for each dead letter.
 */
export const createAudit = (
  deps: AuditDeps,
  { topic, deadLettersTopic, groupId }: { topic: string; deadLettersTopic: string; groupId: string },
) => {
  const { log, clickhouse, hasher, lost, erased = NOTHING_ERASED, keptSince = KEPT_FOR_EVER, now } = deps;

  return async (
    request: AuditRequest,
    { onProgress, signal }: { onProgress: (progress: AuditProgress) => Promise<void> | void; signal: AbortSignal },
  ): Promise<AuditReport | AuditRefusal> => {
    const epoch = await log.topicEpoch(topic);
    const ranges = await auditRanges(log, { topic, groupId, epoch }, request);
    if (isRefusal(ranges)) return ranges;
    const total = ranges.reduce((sum, { from, to }) => sum + to - from, 0n);
    const progress: AuditProgress = { done: 0n, total, records: 0, missing: 0 };
    const findings: AuditFinding[] = [];
    const find = (finding: AuditFinding): void => {
      if (findings.length < MAX_FINDINGS) findings.push(finding);
    };

    let deadOffsets: Promise<DeadOffsets> | undefined;
    /** Read when the first record without a row is met: most ranges have none. */
    const dead = (): Promise<DeadOffsets> => {
      deadOffsets ??= readDeadOffsets(log, { topic, deadLettersTopic, epoch, ranges }, signal);
      return deadOffsets;
    };

    const settle = async (audit: PartitionAudit, pending: readonly LogRecord[]): Promise<void> => {
      const letters = await dead();
      await erased.freshWithin(0);
      const since = await keptSince();
      const isErased = (record: LogRecord): boolean =>
        erased.has(subjectOf(record, readReceipt(record, now).received_at, hasher));
      const events: { record: LogRecord; identity: Identity }[] = [];
      const missed: { offset: bigint; reason: string }[] = [];
      const miss = (offset: bigint, reason: string): void => void missed.push({ offset, reason });
      for (const record of pending) {
        if (letters.has(audit.partition, record.offset)) {
          audit.deadLetters += 1;
          continue;
        }
        const identity = identityOf(record, hasher, now);
        if (identity !== null) events.push({ record, identity });
        else if (isErased(record)) audit.erased += 1;
        else miss(record.offset, withSince('no event, and not among the dead letters', letters.since));
      }
      const kept = await readKept(
        clickhouse,
        events.map(({ identity }) => identity),
      );
      for (const [index, { record, identity }] of events.entries()) {
        const { offset } = record;
        const row = kept[index];
        if (row !== undefined && comesBefore(row, identity)) audit.repeats += 1;
        else if (isErased(record)) audit.erased += 1;
        else if (row === undefined && identity.event_time < since(identity.store_id)) audit.expired += 1;
        else if (row !== undefined) {
          miss(
            offset,
            `in its place a later delivery is kept: partition ${row.log_partition}, offset ${row.log_offset}`,
          );
        } else
          miss(offset, withSince('its event is not in events, and it is not among the dead letters', letters.since));
      }
      audit.missing += missed.length;
      progress.missing += missed.length;
      for (const { offset, reason } of missed.toSorted((a, b) => (a.offset < b.offset ? -1 : 1)))
        find({ partition: audit.partition, offset, what: 'missing', reason });
    };

    const auditWindow = async (audit: PartitionAudit, from: bigint, to: bigint): Promise<void> => {
      const window = await readWindow(clickhouse, { epoch, partition: audit.partition, from, to });
      let pending: LogRecord[] = [];
      for await (const record of log.read(topic, audit.partition, from, to)) {
        audit.records += 1;
        progress.records += 1;
        if (audit.records % RECORDS_A_TURN === 0) {
          signal.throwIfAborted();
          await onProgress({ ...progress, done: progress.done + record.offset - from });
          await new Promise(setImmediate);
        }
        if (window.payloadAt(record.offset) === hasher.xxh64(record.value ?? '')) {
          audit.kept += 1;
          if (!window.severalAt(record.offset)) continue;
          audit.countedTwice += 1;
          const reason = 'rows of several events were made of this delivery';
          find({ partition: audit.partition, offset: record.offset, what: 'counted_twice', reason });
        } else {
          pending.push(record);
          if (pending.length < MAX_PENDING) continue;
          await settle(audit, pending);
          pending = [];
        }
      }
      if (pending.length > 0) await settle(audit, pending);
      progress.done += to - from;
      await onProgress({ ...progress });
    };

    const auditPartition = async (range: AuditRange): Promise<PartitionAudit> => {
      const { partition, from, to, removed } = range;
      const known = await lost.of(partition);
      const gone = [removed, { from, to }].flatMap((asked) => lostWithin(known, epoch, asked));
      const counts = {
        records: 0,
        kept: 0,
        repeats: 0,
        deadLetters: 0,
        erased: 0,
        expired: 0,
        missing: 0,
        countedTwice: 0,
      };
      const lostToRetention = gone.reduce((sum, one) => sum + one.to - one.from, 0n);
      const audit: PartitionAudit = { ...range, ...counts, lostToRetention };
      for (const one of gone) {
        const reason = `retention removed it, and all up to offset ${one.to - 1n}, before it was read`;
        find({ partition, offset: one.from, what: 'lost_to_retention', reason });
      }
      for (let at = from; at < to; at += BigInt(WINDOW)) {
        const end = at + BigInt(WINDOW);
        await auditWindow(audit, at, end < to ? end : to);
      }
      return audit;
    };

    const partitions: PartitionAudit[] = [];
    for (const range of ranges) partitions.push(await auditPartition(range));
    const clean = partitions.every(
      ({ missing, countedTwice, lostToRetention }) => missing === 0 && countedTwice === 0 && lostToRetention === 0n,
    );
    return { epoch, partitions, findings, clean };
  };
};

const withSince = (reason: string, since: number | null): string =>
  since === null ? reason : `${reason} (dead letters from before ${new Date(since).toISOString()} were removed)`;
