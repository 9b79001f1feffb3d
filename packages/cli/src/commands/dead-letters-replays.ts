import { LIST_REPLAYS } from '@cartledger/operations';
import type { Command } from 'commander';
import { askIngest } from '../ask-ingest.ts';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { type Format, withFormat, withInstance } from '../options.ts';
import { type Column, print, say } from '../output.ts';

const COLUMNS: readonly Column[] = [
  { name: 'replay', align: 'right' },
  { name: 'begun' },
  { name: 'ended' },
  { name: 'letters', align: 'right' },
  { name: 'replayed', align: 'right' },
  { name: 'lost', align: 'right' },
  { name: 'which' },
  { name: 'by key' },
];

const replays = async ({ format, ...instance }: InstanceOptions & { format: Format }): Promise<void> => {
  const told = await askIngest(createClient(await findInstance(instance)), LIST_REPLAYS);
  if (format === 'table' && told.replays.length === 0) return say('Nothing has been replayed.');
  print(
    format,
    told,
    COLUMNS,
    told.replays.map(({ id, started_at, ended_at, total, replayed, lost, filter, again, by }) => [
      id,
      `${started_at.slice(0, 19)}Z`,
      ended_at === null ? null : `${ended_at.slice(0, 19)}Z`,
      total,
      replayed,
      lost,
      [...Object.entries(filter).map(([name, value]) => `${name} ${String(value)}`), ...(again ? ['again'] : [])].join(
        ', ',
      ) || 'all',
      by,
    ]),
  );
};

export const addDeadLettersReplays = (letters: Command): void => {
  withFormat(withInstance(letters.command('replays')))
    .description('list the replays, and how far each has come')
    .action(replays);
};
