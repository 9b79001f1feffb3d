import type { EventLog } from '@cartledger/event-log';
import { readMetadata } from './position.ts';

/** What is asked of the audit: everything that the log holds unless something narrows it. */
export type AuditRequest = {
  partition?: number;
  from?: bigint;
  to?: bigint;
  /** ms UTC: from the first record of that time or later on. */
  since?: number;
};

/** What of a partition is looked at, and what is left out and why. */
export type AuditRange = {
  partition: number;
  from: bigint;
  to: bigint;
  /** Offsets asked for that the log does not hold any more. */
  removed: { from: bigint; to: bigint };
  /** Offsets asked for that are above the committed position: whether they are in the store is not settled yet. */
  inFlight: bigint;
};

export type AuditRefusal = { code: 'no_such_partition' | 'no_search_by_time'; message: string };

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** The ranges that can be proved now: what the log holds, below what the group has committed under this life of the topic. */
export const auditRanges = async (
  log: Pick<EventLog, 'offsets' | 'offsetsAt' | 'committed'>,
  { topic, groupId, epoch }: { topic: string; groupId: string; epoch: string },
  request: AuditRequest,
): Promise<AuditRange[] | AuditRefusal> => {
  const lags = await log.offsets(topic);
  const asked =
    request.partition === undefined ? lags : lags.filter(({ partition }) => partition === request.partition);
  if (asked.length === 0) {
    const message = `topic ${topic} has no partition ${request.partition}: it has ${lags.length}, from 0 on`;
    return { code: 'no_such_partition', message };
  }
  const since = request.since === undefined ? null : await log.offsetsAt?.(topic, request.since);
  if (since === undefined) {
    return { code: 'no_search_by_time', message: 'this log cannot find offsets by time: name the first offset' };
  }
  const committed = await log.committed(topic, groupId);
  return asked
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ partition, earliest, end }) => {
      const commit = committed.get(partition);
      const committedEpoch = commit === undefined ? null : readMetadata(commit.metadata);
      // A commit of an earlier life of the topic says nothing about this one.
      const taken = commit === undefined || (committedEpoch ?? epoch) !== epoch ? 0n : least(commit.offset, end);
      const first = request.from ?? since?.get(partition) ?? earliest;
      const last = least(request.to ?? end, end);
      const from = largest(first, earliest);
      const to = largest(least(last, taken), from);
      return {
        partition,
        from,
        to,
        removed: { from: least(first, earliest), to: least(earliest, largest(last, first)) },
        inFlight: largest(last - largest(to, from), 0n),
      };
    });
};
