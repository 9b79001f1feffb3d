import { SHOW_STATUS } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { statusText } from '../ingest-status.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { withInstance } from '../options.ts';
import { addIngestAudit } from './ingest-audit.ts';
import { addIngestBackfill } from './ingest-backfill.ts';
import { addIngestDrain } from './ingest-drain.ts';
import { addIngestQuarantine } from './ingest-quarantine.ts';
import { addIngestRewind } from './ingest-rewind.ts';

const status = async ({ json, ...instance }: InstanceOptions & { json?: true }): Promise<void> => {
  const told = await askIngest(createClient(await findInstance(instance)), SHOW_STATUS);
  process.stdout.write(`${json ? JSON.stringify(told, null, 2) : statusText(told)}\n`);
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
  addIngestBackfill(ingest);
};
