/** A round's topic, as its operator has it: what stands in it, how far it is read, and making it anew. */
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLog } from '@cartledger/event-log';
import { Kafka, logLevel } from 'kafkajs';
import type { JournalEntry } from '../model/log/broker.ts';

const MADE_MS = 30_000;
const QUIET_MS = 300;

export type Topic = {
  /** Records that the group has not committed under the topic's present id. */
  lag(): Promise<bigint>;
  /** Deletes it with all that is in it, read or not, and makes it again. Nobody else may write to it meanwhile. */
  remake(partitions: number): Promise<void>;
  /** All that ever stood in it. */
  journal(): Promise<readonly JournalEntry[]>;
  /** Its dead letters as well. */
  drop(): Promise<void>;
};

const epochIn = (metadata: string): string | null => {
  const parsed: unknown = metadata === '' ? null : JSON.parse(metadata);
  return typeof parsed === 'object' && parsed !== null && 'epoch' in parsed ? String(parsed.epoch) : null;
};

export const createTopic = (
  log: EventLog,
  {
    topic,
    deadLettersTopic,
    groupId,
    brokers,
  }: { topic: string; deadLettersTopic: string; groupId: string; brokers: string },
): Topic => {
  const gone: JournalEntry[] = [];

  /** By partition, what counts: a commit of an earlier life says nothing about this one. */
  const committed = async (epoch: string): Promise<Map<number, bigint>> => {
    const commits = [...(await log.committed(topic, groupId))];
    return new Map(
      commits.flatMap(([partition, { offset, metadata }]) =>
        epochIn(metadata) === epoch ? [[partition, offset] as const] : [],
      ),
    );
  };

  const read = async (): Promise<JournalEntry[]> => {
    const epoch = await log.topicEpoch(topic);
    const commits = await committed(epoch);
    const entries: JournalEntry[] = [];
    for (const { partition, earliest, end } of await log.offsets(topic)) {
      for await (const record of log.read(topic, partition, earliest, end)) {
        const isCommitted = record.offset < (commits.get(partition) ?? 0n);
        entries.push({ topic, epoch, record, appendedAt: record.timestamp, goneAt: null, committed: isCommitted });
      }
    }
    return entries;
  };

  /** A broker that has just come back does not know everything yet. */
  const standing = async (): Promise<JournalEntry[]> => {
    const deadline = performance.now() + MADE_MS;
    for (;;) {
      try {
        return await read();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await delay(500);
      }
    }
  };

  const admin = async (work: (admin: ReturnType<Kafka['admin']>) => Promise<void>): Promise<void> => {
    const connected = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
    await connected.connect();
    await work(connected).finally(() => connected.disconnect());
  };

  const drop = (...topics: string[]): Promise<void> => admin((connected) => connected.deleteTopics({ topics }));

  return {
    lag: async () => {
      const commits = await committed(await log.topicEpoch(topic));
      return (await log.offsets(topic)).reduce(
        (sum, { partition, earliest, end }) => sum + end - (commits.get(partition) ?? earliest),
        0n,
      );
    },
    remake: async (partitions) => {
      const before = await log.topicEpoch(topic);
      let entries = await standing();
      // What somebody tried to write before may still land.
      for (let seen = -1; seen !== entries.length; entries = await standing()) {
        seen = entries.length;
        await delay(QUIET_MS);
      }
      await drop(topic);
      const goneAt = Date.now();
      gone.push(...entries.map((entry) => ({ ...entry, goneAt })));
      const deadline = performance.now() + MADE_MS;
      for (;;) {
        const epoch = await log
          .ensureTopic(topic, { partitions })
          .then(() => log.topicEpoch(topic))
          .catch(() => before); // the broker is still at deleting it
        if (epoch !== before) return;
        if (performance.now() > deadline) throw new Error(`${topic} was not made again`);
        await delay(50);
      }
    },
    journal: async () => [...gone, ...(await standing())],
    drop: () => drop(topic, deadLettersTopic),
  };
};
