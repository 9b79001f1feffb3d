/** What Kafka says of a consumer group, whoever its members are. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@cartledger/event-log';
import { AssignerProtocol, Kafka, logLevel } from 'kafkajs';

const EVERY_MS = 20;
/** Each asking costs the broker and the bench something: 1 % of a core at this pace. */
const COMMITS_EVERY_MS = 50;
const FORMED_WITHIN_MS = 60_000;

export const watchGroup = (brokers: string, topic: string, groupId: string) => {
  const kafka = new Kafka({ clientId: 'bench', brokers: [brokers], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const connected = admin.connect();

  /** Partitions of the topic that each member has; null while the group is not stable. */
  const assignment = async (): Promise<number[] | null> => {
    const [group] = (await admin.describeGroups([groupId])).groups;
    if (group?.state !== 'Stable') return null;
    return group.members.map(
      ({ memberAssignment }) =>
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment[topic]?.length ?? 0,
    );
  };

  return {
    /** Resolves when so many members share all partitions. */
    async formed(members: number, partitions: number): Promise<void> {
      await connected;
      const deadline = performance.now() + FORMED_WITHIN_MS;
      for (;;) {
        const shares = await assignment();
        if (shares?.length === members && shares.reduce((sum, n) => sum + n, 0) === partitions) return;
        if (performance.now() > deadline)
          throw new Error(
            `the group ${groupId} was not formed within ${FORMED_WITHIN_MS} ms: ${shares ?? 'not stable'}`,
          );
        await sleep(EVERY_MS);
      }
    },
    [Symbol.asyncDispose]: () => admin.disconnect(),
  };
};

/** Resolves when the group has committed the end of every partition: nothing would be read again. */
export const committedAll = async (
  log: Pick<EventLog, 'committed' | 'offsets'>,
  topic: string,
  groupId: string,
  patienceMs: number,
): Promise<void> => {
  const ends = await log.offsets(topic);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const committed = await log.committed(topic, groupId);
    const behind = ends.filter(({ partition, end }) => end > 0n && (committed.get(partition)?.offset ?? 0n) < end);
    if (behind.length === 0) return;
    if (performance.now() > deadline) {
      const left = behind.map(
        ({ partition, end }) => `${partition}: ${committed.get(partition)?.offset ?? 0n} of ${end}`,
      );
      throw new Error(`the group ${groupId} did not commit all within ${patienceMs} ms: ${left.join(', ')}`);
    }
    await sleep(COMMITS_EVERY_MS);
  }
};
