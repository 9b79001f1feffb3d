import { z } from 'zod';
import type { CreateBackend } from './backend.ts';
import { createKafkajsBackend } from './kafkajs/backend.ts';

const DRIVERS = ['kafkajs', 'platformatic'] as const;
export type KafkaDriver = (typeof DRIVERS)[number];

/** Which client connects to Kafka: spread into the schema of each service that opens the log. */
export const kafkaDriverVariable = {
  CARTLEDGER_KAFKA_DRIVER: z.enum(DRIVERS, { error: 'not known' }).default('kafkajs').describe(DRIVERS.join(' or ')),
} as const;

/** Loaded only when it is asked for: @platformatic/kafka takes a second and 60 MB to load. */
export async function loadKafkaDriver(driver: KafkaDriver): Promise<CreateBackend> {
  if (driver === 'kafkajs') {
    return createKafkajsBackend;
  }
  const { createPlatformaticBackend } = await import('./platformatic/backend.ts');
  return createPlatformaticBackend;
}
