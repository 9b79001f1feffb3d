import { type EventLog, EventLogError, type LogRecord, type ProduceRecord } from '@cartledger/event-log';
import { partitionOf } from '../../../../packages/event-log/src/murmur2.ts';
import { type Call, call, type Plan } from '../world/calls.ts';
import type { Process } from '../world/processes.ts';
import type { World } from '../world/scheduler.ts';
import type { Broker } from './broker.ts';
import { createConsumer } from './consumer.ts';
import type { Groups } from './groups.ts';

const MAX_RECORD_BYTES = 1_000_000;
const READ_AT_ONCE = 500;

const unavailable = (): EventLogError =>
  new EventLogError('unavailable', 'the model log does not answer', { retriable: true });
const full = (): EventLogError => new EventLogError('full', 'the model log has no room', { retriable: true });
const timeout = (): EventLogError =>
  new EventLogError('timeout', 'no answer of the model log in time', { retriable: true });
const closed = (): EventLogError => new EventLogError('closed', 'the model log was stopped', { retriable: false });

const bytesOf = ({ key, value, headers = {} }: ProduceRecord): number =>
  Object.entries(headers).reduce(
    (sum, [name, header]) => sum + Buffer.byteLength(name) + Buffer.byteLength(header),
    Buffer.byteLength(key) + (value?.length ?? 0),
  );

const refuseTooLarge = (records: readonly ProduceRecord[]): void => {
  for (const record of records) {
    if (bytesOf(record) > MAX_RECORD_BYTES) {
      throw new EventLogError('too_large', 'the model log takes no such record', { retriable: false });
    }
  }
};

/** Of each partition's records the first `n`. */
const prefixes = (records: readonly ProduceRecord[], partitions: number, n: number): ProduceRecord[] => {
  const taken = new Map<number, number>();
  return records.filter(({ key }) => {
    const partition = partitionOf(key, partitions);
    const before = taken.get(partition) ?? 0;
    taken.set(partition, before + 1);
    return before < n;
  });
};

/** The log as one process sees it. */
export const connectLog = (
  world: World,
  { broker, groups }: { broker: Broker; groups: Groups },
  process: Process,
): EventLog => {
  let stopped = false;
  let assignmentEpochs = 0;
  let refusals = 0;
  /** One request a topic at a time, so that one tried again is not overtaken. */
  const producing = new Map<string, Promise<unknown>>();
  const stops: (() => Promise<void>)[] = [];

  const ask = <T>(label: string, plans: readonly Plan[], land: Call<T>['land']): Promise<T> => {
    if (stopped) return Promise.reject(closed());
    const down = (): Error | null => (broker.isDown() ? unavailable() : null);
    return call(world, process, { label, server: 'log', plans, down, land, refuse: unavailable, timeout });
  };
  const read = <T>(label: string, land: () => T): Promise<T> =>
    ask(label, ['ok', 'refused', 'lost_request', 'lost_answer'], land);

  const topicEpoch = (topic: string): Promise<string> => read(`epoch of ${topic}`, () => broker.get(topic).epoch);
  const committed = (topic: string, groupId: string) =>
    read(`committed of ${groupId}`, () => new Map(groups.find(broker.get(topic).name, groupId).commits));

  const produce = (topic: string, records: readonly ProduceRecord[]): Promise<void> =>
    stopped
      ? Promise.reject(closed())
      : call<void>(world, process, {
          label: `produce ${records.length} to ${topic}`,
          server: 'log',
          plans: ['ok', 'refused', 'lost_request', 'lost_answer', 'late', 'twice', 'torn'],
          down: () => (broker.isDown() ? unavailable() : null),
          land: (torn) => {
            const { partitions } = broker.get(topic);
            broker.append(topic, torn === undefined ? records : prefixes(records, partitions.length, torn - 1));
          },
          refuse: () => (refusals++ % 3 === 2 ? full() : unavailable()),
          timeout,
        });

  const inTurn = async (topic: string, records: readonly ProduceRecord[]): Promise<void> => {
    refuseTooLarge(records);
    const sent = (producing.get(topic) ?? Promise.resolve()).then(() => produce(topic, records));
    producing.set(
      topic,
      sent.catch(() => {}),
    );
    await sent;
  };

  const consume: EventLog['consume'] = async (options) => {
    const { topic, groupId } = options;
    await read(`topic of ${groupId}`, () => broker.get(topic));
    const consumer = createConsumer(
      world,
      {
        broker,
        groups,
        process,
        nextEpoch: () => ++assignmentEpochs,
        ask: {
          topicEpoch: () => topicEpoch(topic),
          committed: () => committed(topic, groupId),
          leave: (member) => ask(`leave ${groupId}`, ['ok'], () => groups.leave(member)),
          commit: (member, partition, offset, metadata) => {
            const { group } = member;
            const { generation } = group;
            const plans: Plan[] = ['ok', 'refused', 'lost_request', 'lost_answer', 'late'];
            // The client tries again as a member of the new generation, whatever it has lost meanwhile.
            const slips = (): boolean => {
              const { unfenced } = world.profile;
              if (process.state === 'dead' || world.pick([1_000 - unfenced, unfenced], 'unfenced commit') === 0)
                return false;
              world.count('commit slipped');
              return true;
            };
            return ask(`commit ${partition}@${offset}`, plans, () => {
              if (!groups.isMember(member)) return false;
              if (group.generation !== generation && !slips()) return false;
              groups.commit(group, partition, offset, metadata);
              return true;
            });
          },
        },
      },
      options,
    );
    stops.push(() => consumer.stop());
    return consumer;
  };

  const readRange = async function* (
    topic: string,
    index: number,
    from: bigint,
    to: bigint,
  ): AsyncGenerator<LogRecord> {
    const label = `read ${topic}/${index}`;
    const partition = () => {
      const found = broker.get(topic).partitions[index];
      if (found !== undefined) return found;
      throw new EventLogError('unknown_topic', `${topic} has no partition ${index}`, { retriable: false });
    };
    const end = await read(label, () => partition().end);
    const until = to < end ? to : end;
    let at = from;
    while (at < until) {
      const records = await read(label, () =>
        partition()
          .entries.map(({ record }) => record)
          .filter(({ offset }) => offset >= at && offset < until)
          .slice(0, READ_AT_ONCE),
      );
      const last = records.at(-1);
      if (last === undefined) return;
      yield* records;
      at = last.offset + 1n;
    }
  };

  const stop = async (): Promise<void> => {
    if (stopped) return;
    await Promise.all(stops.map((each) => each()));
    stopped = true;
  };

  return {
    driver: 'kafka',
    ensureTopic: (topic, options) =>
      ask(`ensure ${topic}`, ['ok', 'refused', 'lost_answer'], () => broker.create(topic, options)),
    produce: (topic, records) => (records.length === 0 ? Promise.resolve() : inTurn(topic, records)),
    consume,
    topicEpoch,
    offsets: (topic) =>
      read(`offsets of ${topic}`, () =>
        broker.get(topic).partitions.map(({ index, earliest, end }) => ({ partition: index, earliest, end })),
      ),
    read: readRange,
    committed,
    healthy: async () => !stopped && !broker.isDown(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
