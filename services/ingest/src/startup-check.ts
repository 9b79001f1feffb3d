import { type ClickHouse, type Misfit, UnsuitableServerError } from '@cartledger/clickhouse';
import { type EventLog, EventLogError } from '@cartledger/event-log';
import { ConfigError, type Logger } from '@cartledger/service';
import { WRITTEN_TABLES } from './startup-check-tables.ts';
import { findingsOfTopic, type TopicFindings } from './startup-check-topics.ts';

/** What ingest was to work with would not keep its promise: everything that is wrong, at once. */
export class StartupRefusedError extends ConfigError {
  readonly misfits: readonly Misfit[];
  constructor(misfits: readonly Misfit[]) {
    super(
      misfits.map(
        ({ setting, found, needed, remedy }) => `${setting} is ${found} and must be ${needed}. Remedy: ${remedy}.`,
      ),
    );
    this.name = 'StartupRefusedError';
    this.misfits = misfits;
  }
}

type StartupCheck = () => Promise<{ version: string }>;

/**
 * Looks at everything that the promise of ingest rests on and that somebody else has set: the server's version, the
 * settings of every insert, the tables (engine, keys, partitions, columns, TTL, fsync) and the topics. Throws StartupRefusedError, and the
 * errors of a store or a log that does not answer, which are to be waited out.
 */
export const createStartupCheck =
  (
    {
      log,
      clickhouse,
      logger,
    }: { log: Pick<EventLog, 'topicSettings'>; clickhouse: Pick<ClickHouse, 'checkServer'>; logger: Logger },
    { topic, deadLettersTopic }: { topic: string; deadLettersTopic: string },
  ): StartupCheck =>
  async () => {
    const findings = [
      await lookAt(log, topic, 'events', logger),
      await lookAt(log, deadLettersTopic, 'dead letters', logger),
    ];
    const misfits = findings.flatMap((each) => each.misfits);
    let version = '';
    try {
      version = (await clickhouse.checkServer(WRITTEN_TABLES)).version;
    } catch (error) {
      // A server that does not answer is waited for, but not with what already is certain.
      if (error instanceof UnsuitableServerError) misfits.push(...error.misfits);
      else if (misfits.length === 0) throw error;
    }
    if (misfits.length > 0) throw new StartupRefusedError(misfits);
    for (const { setting, found, needed, remedy } of findings.flatMap((each) => each.warnings)) {
      logger.warn({ setting, found, needed, remedy }, 'a setting narrows what ingest can promise');
    }
    return { version };
  };

const lookAt = async (
  log: Pick<EventLog, 'topicSettings'>,
  topic: string,
  kind: 'events' | 'dead letters',
  logger: Logger,
): Promise<TopicFindings> => {
  try {
    const settings = await log.topicSettings?.(topic);
    return settings === undefined ? { misfits: [], warnings: [] } : findingsOfTopic(topic, kind, settings);
  } catch (error) {
    if (!(error instanceof EventLogError) || error.retriable) throw error;
    logger.warn({ topic, err: error }, 'the log does not tell the settings of the topic: they are not checked');
    return { misfits: [], warnings: [] };
  }
};
