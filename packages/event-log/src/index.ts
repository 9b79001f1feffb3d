export {
  type DeadLetter,
  type DeadLetterOrigin,
  type DeadLetterReason,
  decodeDeadLetter,
  encodeDeadLetter,
  encodeReplay,
  isStubOf,
  letterId,
  toStub,
} from './dead-letter.ts';
export { isInUse } from './embedded/database.ts';
export { createEmbeddedLog, type EmbeddedLog, type EmbeddedLogOptions } from './embedded/log.ts';
export { type KafkaDriver, kafkaDriverVariable, loadKafkaDriver } from './kafka/driver.ts';
export { createKafkaLog, type KafkaLogOptions } from './kafka/log.ts';
export { SESSION_TIMEOUT_MS } from './kafka/membership.ts';
export type { KafkaSecurity } from './kafka/security/security.ts';
export { kafkaSecurityVariables, readKafkaSecurity } from './kafka/security/variables.ts';
export type { Logger } from './logger.ts';
export * from './port.ts';
export { packRecords, RECORD_SPAN, SPAN } from './records.ts';
