import {
  createEmbeddedLog as createEmbedded,
  createKafkaLog as createKafka,
  type EmbeddedLog,
  type EmbeddedLogOptions,
  type EventLog,
  type KafkaLogOptions,
} from '@cartledger/event-log';
import { around } from './strike.ts';

export * from '@cartledger/event-log';

/** The same, points to aim at around each append, dead letter and commit. */
export const createKafkaLog = (options: KafkaLogOptions): EventLog => {
  const log = createKafka(options);
  const deadLetters = process.env.CARTLEDGER_DEAD_LETTERS_TOPIC;
  return {
    ...log,
    produce: (topic, records) =>
      around(topic === deadLetters ? 'dead letters' : 'append', () => log.produce(topic, records)),
    consume: async (asked) => {
      const consumer = await log.consume(asked);
      return { ...consumer, commit: (...args) => around('commit', () => consumer.commit(...args)) };
    },
  };
};

/** The collector's spool. */
export const createEmbeddedLog = (options: EmbeddedLogOptions): EmbeddedLog => {
  const log = createEmbedded(options);
  return { ...log, produce: (topic, records) => around('spool', () => log.produce(topic, records)) };
};
