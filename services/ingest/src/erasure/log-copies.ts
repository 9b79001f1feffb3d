import type { EventLog } from '@cartledger/event-log';
import type { LogCopies } from '@cartledger/operations';

const FOR_EVER = 'the log keeps records for ever: give the topic a retention, or the copies stay';
const COMPACTED = 'the topic is compacted: the last record of each key stays, whatever its age';

/** Until when copies of records that are in a topic at `at` (ms UTC) can be there. */
export const copiesIn = async (
  log: Pick<EventLog, 'topicSettings' | 'retentionMs'>,
  topic: string,
  at: number,
): Promise<LogCopies> => {
  const settings = await log.topicSettings?.(topic);
  const ageMs = settings ? settings.retentionMs : ((await log.retentionMs?.(topic)) ?? null);
  if (settings && settings.cleanupPolicy !== 'delete') return { topic, gone_by: null, warning: COMPACTED };
  if (ageMs === null) return { topic, gone_by: null, warning: FOR_EVER };
  return { topic, gone_by: new Date(at + ageMs + (settings?.segmentMs ?? 0)).toISOString(), warning: null };
};
