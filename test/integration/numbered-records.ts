import type { Assignment, EventLog, LogConsumer } from '@cartledger/event-log';

/** A record that is told by its number; the keys spread over all partitions. */
const numberRecord = (n: number) => ({ key: `key-${n % 97}`, value: Buffer.from(`${n}`) });

/**
 * Writes numbers, a hundred a call, until it is told to stop; a call that fails is not repeated: its numbers may or may
 * not be in the log.
 */
export const writeNumbers = (log: EventLog, topic: string) => {
  const acknowledged: number[] = [];
  const failures: unknown[] = [];
  let stopping = false;
  const writing = (async () => {
    for (let first = 0; !stopping; first += 100) {
      const numbers = Array.from({ length: 100 }, (_, index) => first + index);
      try {
        await log.produce(topic, numbers.map(numberRecord));
        acknowledged.push(...numbers);
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  const stop = async (): Promise<void> => {
    stopping = true;
    await writing;
  };
  return { acknowledged, failures, stop };
};

/** A consumer that commits all it gets, as ingest does, and remembers it. */
export const followNumbers = async (log: EventLog, topic: string, groupId: string) => {
  const got: number[] = [];
  const fatal: Error[] = [];
  const assigned: Assignment[] = [];
  const stored = { commits: 0 };
  let consumer: LogConsumer | undefined;
  consumer = await log.consume({
    topic,
    groupId,
    handlers: {
      async onAssigned(assignment) {
        assigned.push(assignment);
        const { committed, topicEpoch } = assignment;
        return committed && committed.metadata === topicEpoch ? committed.offset : 'earliest';
      },
      onRevoked() {},
      onBatch({ partition, assignmentEpoch, records }) {
        got.push(...Array.from(records, ({ value }) => Number(String(value))));
        const next = records.offsetAt(-1) + 1n;
        const epoch = assigned.findLast((each) => each.partition === partition)?.topicEpoch ?? '';
        const commit = consumer?.commit(partition, assignmentEpoch, next, epoch) ?? Promise.resolve(false);
        // One that failed is made up for by the next.
        commit.then(
          (done) => {
            stored.commits += done ? 1 : 0;
          },
          () => {},
        );
      },
      onGap() {},
      onFatal: (error) => void fatal.push(error),
    },
  });
  return { got, fatal, assigned, stored, consumer };
};
