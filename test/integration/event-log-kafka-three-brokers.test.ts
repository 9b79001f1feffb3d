import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKafkaLog, type EventLog, type KafkaDriver, loadKafkaDriver } from '@cartledger/event-log';
import { type KafkaCluster, startKafkaCluster } from '@cartledger/local-stack';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { DRIVERS_AT_LENGTH } from './kafka-drivers.ts';
import { followNumbers, writeNumbers } from './numbered-records.ts';
import { eventually, until } from './until.ts';

const KILLS = 6;
/** Of one outage: until leaders and coordinators have moved to the brokers that are left, and all goes on. */
const MOVED_WITHIN_MS = 30_000;
/** Six starts of a broker take most of it: a minute on a quiet machine, three when everything else runs on it as well. */
const TIMEOUT_MS = 300_000;

/** Every topic, the internal ones too, has three replicas and takes writes while two of them are in sync. */
let cluster: KafkaCluster;
let admin: Admin;
const dir = mkdtempSync(join(tmpdir(), 'event-log-three-'));

beforeAll(async () => {
  cluster = await startKafkaCluster({ dir, properties: { 'broker.session.timeout.ms': 3_000 } });
  const client = new Kafka({ brokers: cluster.brokers.split(','), logLevel: logLevel.NOTHING });
  admin = client.admin();
  await admin.connect();
});
afterAll(async () => {
  await admin.disconnect();
  await cluster.stop();
  rmSync(dir, { recursive: true });
});

const openLog = async (clientId: string, name: KafkaDriver): Promise<EventLog> => {
  const driver = await loadKafkaDriver(name);
  const log = createKafkaLog({ brokers: cluster.brokers, clientId, replicationFactor: 3, driver });
  onTestFinished(() => log.stop());
  return log;
};

/** The index of the node that coordinates the group: it leads the group's partition of the offsets topic. */
const coordinatorOf = async (groupId: string): Promise<number> => {
  const topics = ['__consumer_offsets'];
  const { partitions = [] } = (await admin.fetchTopicMetadata({ topics })).topics[0] ?? {};
  const hash = [...groupId].reduce((sum, char) => (Math.imul(31, sum) + char.charCodeAt(0)) | 0, 0);
  const of = (hash & 0x7fffffff) % partitions.length;
  return (partitions.find(({ partitionId }) => partitionId === of)?.leader ?? 0) - 1;
};

const allInSync = async (topic: string): Promise<boolean> => {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic, '__consumer_offsets'] });
  const partitions = topics.flatMap((topic) => topic.partitions);
  return partitions.length > 0 && partitions.every(({ isr, leader }) => isr.length === 3 && leader > 0);
};

test.each(DRIVERS_AT_LENGTH)(
  'over %s, of brokers killed one after the other none is missed: all that is acknowledged is read, and commits go on',
  async (driver) => {
    const [topic, group] = [`three-${driver}`, `three-${driver}-group`];
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));

    const log = await openLog('reader', driver);
    await log.ensureTopic(topic, { partitions: 6 });
    const { got, fatal, stored, assigned } = await followNumbers(log, topic, group);
    const { acknowledged, failures, stop } = writeNumbers(await openLog('writer', driver), topic);
    onTestFinished(stop);
    await eventually(() => got.length > 0 && stored.commits > 0);

    let coordinatorsKilled = 0;
    const first = await coordinatorOf(group);
    for (let kill = 0; kill < KILLS; kill++) {
      await until('in sync', MOVED_WITHIN_MS, () => allInSync(topic));
      const coordinator = await coordinatorOf(group);
      const victim = (first + kill) % cluster.nodes.length;
      coordinatorsKilled += victim === coordinator ? 1 : 0;
      const node = cluster.nodes[victim] ?? expect.fail();
      await node.kill();
      const [written, read, commits] = [acknowledged.length, got.length, stored.commits];
      await until(`outage ${kill}: written, read and committed on`, MOVED_WITHIN_MS, () => {
        return acknowledged.length > written + 500 && got.length > read + 500 && stored.commits > commits + 5;
      });
      await node.restart();
    }
    await stop();
    await until('all that was acknowledged is read', MOVED_WITHIN_MS, () => {
      return new Set(acknowledged).difference(new Set(got)).size === 0;
    });
    await until('all of it is committed', MOVED_WITHIN_MS, async () => {
      const [ends, committed] = [await log.offsets(topic), await log.committed(topic, group)];
      return ends.every(({ partition, end }) => committed.get(partition)?.offset === end);
    });

    expect(fatal).toEqual([]);
    expect(failures).toEqual([]);
    expect(coordinatorsKilled).toBeGreaterThan(1);
    // Whoever takes over for a coordinator knows the member: no outage took a partition away from it.
    expect(assigned.map(({ partition }) => partition).sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
  },
  TIMEOUT_MS,
);
