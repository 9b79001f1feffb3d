import type { Committed, ConsumeOptions, LogConsumer, LostTail } from '../port.ts';
import { refuseLongMetadata } from '../record-bytes.ts';
import { packRecords } from '../records.ts';
import { asLogError, type Database } from './database.ts';
import type { Reader } from './reader.ts';
import type { Partition, Topic, Topics } from './topics.ts';

/** A partition a member owns under one assignment. Being replaced in `claims` ends it. */
type Claim = { partition: Partition; epoch: number; position: number | null; paused: boolean };

type Member = {
  options: ConsumeOptions;
  claims: Map<number, Claim>;
  /** Where the next turn of delivery starts, so that one busy partition does not starve the others. */
  turn: number;
  pumping: boolean;
  closed: boolean;
};

export type Groups = {
  join(options: ConsumeOptions): LogConsumer;
  /** New records may be read. */
  wake(topic: Topic): void;
  /** The topic was made or removed: its members are assigned anew. */
  reassign(topicName: string): void;
  committed(topic: Topic, groupId: string): Map<number, { offset: bigint; metadata: string }>;
  /** The log is of no use any more: every member is told and let go. */
  fail(error: Error): void;
  closeAll(): void;
};

const DEFAULT_MAX_BATCH_BYTES = 1024 * 1024;

/**
 * Consumer groups within this process: members of a group share its partitions, one owner each. Delivery is pushed:
 * an append wakes the members, which hand over one bounded batch a turn of the event loop.
 */
export function createGroups(database: Database, topics: Topics, reader: Reader): Groups {
  const members = new Set<Member>();
  let lastEpoch = 0;
  const selectCommits = database.sql.prepare(
    'SELECT partition, offset, metadata FROM commits WHERE topic_id = ? AND group_id = ?',
  );
  const upsertCommit = database.sql.prepare(
    `INSERT INTO commits (topic_id, group_id, partition, offset, metadata) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET offset = excluded.offset, metadata = excluded.metadata`,
  );

  function committed(topic: Topic, groupId: string) {
    const result = new Map<number, { offset: bigint; metadata: string }>();
    for (const row of selectCommits.all(topic.id, groupId)) {
      result.set(Number(row.partition), { offset: BigInt(Number(row.offset)), metadata: String(row.metadata) });
    }
    return result;
  }

  function close(member: Member): void {
    member.closed = true;
    member.claims.clear();
    members.delete(member);
    rebalance(member.options.topic, member.options.groupId);
  }

  function stopByError(member: Member, error: unknown): void {
    if (!member.closed) {
      close(member);
      member.options.handlers.onFatal(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function rebalance(topicName: string, groupId: string): void {
    const group = [...members].filter((m) => m.options.topic === topicName && m.options.groupId === groupId);
    const failed: { member: Member; error: unknown }[] = [];
    for (const member of group) {
      const lost = [...member.claims.keys()];
      member.claims.clear();
      try {
        for (const partition of lost) {
          member.options.handlers.onRevoked(partition);
        }
      } catch (error) {
        failed.push({ member, error });
      }
    }
    const topic = topics.all().find((t) => t.name === topicName);
    topic?.partitions.forEach((partition, index) => {
      const owner = group[index % group.length];
      if (owner) {
        assign(owner, topic, partition).catch((error: unknown) => stopByError(owner, error));
      }
    });
    for (const { member, error } of failed) {
      stopByError(member, error);
    }
  }

  async function assign(member: Member, topic: Topic, partition: Partition, lostTail?: LostTail): Promise<void> {
    const { index } = partition;
    const { handlers, groupId } = member.options;
    const claim: Claim = { partition, epoch: ++lastEpoch, position: null, paused: false };
    member.claims.set(index, claim);
    const stored: Committed = committed(topic, groupId).get(index) ?? null;
    const earliest = BigInt(partition.earliest);
    const start = await handlers.onAssigned({
      partition: index,
      assignmentEpoch: claim.epoch,
      committed: stored,
      earliest,
      topicEpoch: topic.epoch,
      ...(lostTail && { lostTail }),
    });
    if (member.claims.get(index) !== claim) {
      return;
    }
    const position = start === 'earliest' || lostTail ? earliest : start;
    const end = BigInt(partition.end);
    if (position > end) {
      member.claims.delete(index);
      handlers.onRevoked(index);
      await assign(member, topic, partition, { position, end });
      return;
    }
    claim.position = Number(position);
    schedule(member);
  }

  function schedule(member: Member): void {
    if (!member.pumping && !member.closed) {
      member.pumping = true;
      setImmediate(() => {
        member.pumping = false;
        try {
          deliver(member);
        } catch (error) {
          stopByError(member, error);
        }
      });
    }
  }

  function isReady(claim: Claim): claim is Claim & { position: number } {
    return !claim.paused && claim.position !== null && claim.position < claim.partition.end;
  }

  /** Hands over one batch of the next partition that has something to read. */
  function deliver(member: Member): void {
    const ready = [...member.claims.values()].filter(isReady);
    const claim = ready[member.turn++ % ready.length];
    if (member.closed || !claim) {
      return;
    }
    const { handlers, topic: topicName, maxBatchBytes = DEFAULT_MAX_BATCH_BYTES } = member.options;
    const { partition } = claim;
    if (claim.position < partition.earliest) {
      const from = claim.position;
      claim.position = partition.earliest;
      handlers.onGap(partition.index, BigInt(from), BigInt(partition.earliest));
    } else {
      const records = reader.batch(topics.get(topicName), partition, claim.position, partition.end, maxBatchBytes);
      // Retention may just have emptied it; offsets below the end that hold nothing are never written again.
      claim.position = Number(records.at(-1)?.offset ?? BigInt(partition.end - 1)) + 1;
      if (records.length > 0) {
        handlers.onBatch({
          partition: partition.index,
          assignmentEpoch: claim.epoch,
          records: packRecords(records),
          highWatermark: BigInt(partition.end),
        });
      }
    }
    schedule(member);
  }

  function join(options: ConsumeOptions): LogConsumer {
    topics.get(options.topic);
    const member: Member = { options, claims: new Map(), turn: 0, pumping: false, closed: false };
    members.add(member);
    // Not before the caller holds its consumer: handlers may use it.
    setImmediate(() => {
      if (!member.closed) {
        rebalance(options.topic, options.groupId);
      }
    });

    async function commit(index: number, assignmentEpoch: number, offset: bigint, metadata: string): Promise<boolean> {
      refuseLongMetadata(metadata);
      if (member.claims.get(index)?.epoch !== assignmentEpoch) {
        return false;
      }
      try {
        // Not flushed on its own: losing a commit to a power loss only reads records again.
        upsertCommit.run(topics.get(options.topic).id, options.groupId, index, offset, metadata);
        return true;
      } catch (error) {
        throw asLogError(error);
      }
    }

    async function stop(): Promise<void> {
      if (!member.closed) {
        close(member);
      }
    }

    function setPaused(index: number, paused: boolean): void {
      const claim = member.claims.get(index);
      if (claim) {
        claim.paused = paused;
        schedule(member);
      }
    }

    return {
      pause: (partition) => setPaused(partition, true),
      resume: (partition) => setPaused(partition, false),
      commit,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  function closeAll(): void {
    for (const member of members) {
      member.closed = true;
      member.claims.clear();
    }
    members.clear();
  }

  return {
    join,
    committed,
    wake(topic) {
      for (const member of members) {
        if (member.options.topic === topic.name) {
          schedule(member);
        }
      }
    },
    reassign(topicName) {
      const groupIds = new Set([...members].filter((m) => m.options.topic === topicName).map((m) => m.options.groupId));
      for (const groupId of groupIds) {
        rebalance(topicName, groupId);
      }
    },
    fail(error) {
      const present = [...members];
      closeAll();
      for (const member of present) {
        member.options.handlers.onFatal(error);
      }
    },
    closeAll,
  };
}
