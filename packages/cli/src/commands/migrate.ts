import { fileURLToPath } from 'node:url';
import { createClickHouse, migrate as migrateClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import type { Command } from 'commander';
import { readDatabases } from '../config.ts';
import { CliError, told } from '../errors.ts';
import { say } from '../output.ts';

const MIGRATIONS = fileURLToPath(new URL('../../../../schemas/clickhouse', import.meta.url));

const migrate = async (): Promise<void> => {
  const {
    CARTLEDGER_CLICKHOUSE_URL: url,
    CARTLEDGER_CLICKHOUSE_DATABASE: database,
    CARTLEDGER_ANALYTICS_DATABASE: analyticsDatabase,
    CARTLEDGER_POSTGRES_URL: postgres,
  } = readDatabases();
  if (url === undefined || postgres === undefined)
    throw new CliError(
      'migrate works on the databases of CARTLEDGER_CLICKHOUSE_URL and CARTLEDGER_POSTGRES_URL: set both. (A local instance migrates its own when it starts.)',
      { exitStatus: 2 },
    );
  await using clickhouse = createClickHouse({ url, database });
  const applied = await told('ClickHouse of CARTLEDGER_CLICKHOUSE_URL', () =>
    migrateClickHouse(clickhouse, MIGRATIONS, { analyticsDatabase }),
  );
  for (const { name } of applied) say(`ClickHouse: applied ${name}`);
  if (applied.length === 0) say('ClickHouse: nothing to do');
  await using control = createControl({ dialect: 'postgres', url: postgres });
  await told('PostgreSQL of CARTLEDGER_POSTGRES_URL', () => control.migrate());
  say('PostgreSQL: up to date');
};

export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .description('bring the databases of an installation to this version; safe to repeat')
    .action(migrate);
};
