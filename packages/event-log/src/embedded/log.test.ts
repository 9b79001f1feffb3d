import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    async close() {
      await log.stop();
      rmSync(dir, { recursive: true });
    },
  };
});
