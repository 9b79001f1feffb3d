import type { Command } from 'commander';
import { createClient } from '../client.ts';
import { statusAnswer, statusText } from '../ingest-status.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { withInstance } from '../options.ts';
import { addIngestAudit } from './ingest-audit.ts';
import { addIngestDrain } from './ingest-drain.ts';
import { addIngestQuarantine } from './ingest-quarantine.ts';
import { addIngestRewind } from './ingest-rewind.ts';

const status = async ({ json, ...instance }: InstanceOptions & { json?: true }): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const response = await client.send('GET', '/api/v1/ingest/status');
  const body: unknown = await response.json();
  process.stdout.write(`${json ? JSON.stringify(body, null, 2) : statusText(statusAnswer.parse(body))}\n`);
};

export const addIngest = (program: Command): void => {
  const ingest = program.command('ingest').description('the way of events from the log into ClickHouse');
  withInstance(ingest.command('status'))
    .description('where each partition stands: reading, waiting on a store or blocked, and how far behind')
    .option('--json', 'print it as JSON')
    .action(status);
  addIngestQuarantine(ingest);
  addIngestAudit(ingest);
  addIngestRewind(ingest);
  addIngestDrain(ingest);
};
