import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventLogConformance } from '../conformance/index.ts';
import { createEmbeddedLog, type EmbeddedLog } from './log.ts';

eventLogConformance('the embedded log', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'event-log-'));
  let log: EmbeddedLog = createEmbeddedLog({ dir });
  return {
    log,
    async reopen() {
      await log.stop();
      log = createEmbeddedLog({ dir });
      return log;
    },
    another: null,
    deleteTopic: (topic) => log.deleteTopic(topic),
    truncate: (topic, partition, before) => log.deleteRecords(topic, partition, before),
    async shorten(topic, _groupId, partition, by) {
      await log.stop();
      const file = new DatabaseSync(join(dir, 'event-log.db'));
      const ofPartition = 'partition = ? AND topic_id = (SELECT id FROM topics WHERE name = ?)';
      file
        .prepare(
          `DELETE FROM records WHERE ${ofPartition}
           AND offset >= (SELECT end FROM partitions WHERE ${ofPartition}) - ?`,
        )
        .run(partition, topic, partition, topic, by);
      file.prepare(`UPDATE partitions SET end = end - ? WHERE ${ofPartition}`).run(by, partition, topic);
      file.close();
      log = createEmbeddedLog({ dir });
      return log;
    },
    async close() {
      await log.stop();
      rmSync(dir, { recursive: true });
    },
  };
});
