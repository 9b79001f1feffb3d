import { createKafkaLog, type EventLog } from '@cartledger/event-log';
import { eventLogConformance } from '@cartledger/event-log/conformance';
import { Kafka, logLevel } from 'kafkajs';
import { inject } from 'vitest';

eventLogConformance('the Kafka log', async () => {
  const brokers = inject('kafkaBrokers');
  const opened: EventLog[] = [];
  const open = async () => {
    const log = createKafkaLog({ brokers, clientId: 'conformance' });
    opened.push(log);
    return log;
  };
  const log = await open();
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    log,
    async reopen() {
      await opened[0]?.stop();
      return open();
    },
    another: open,
    async deleteTopic(topic) {
      await admin.deleteTopics({ topics: [topic] });
    },
    async truncate(topic, partition, before) {
      await admin.fetchTopicOffsets(topic); // kafkajs deletes only of topics it has met
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: before.toString() }] });
    },
    async close() {
      await Promise.all(opened.map((log) => log.stop()));
      await admin.disconnect();
    },
  };
});
