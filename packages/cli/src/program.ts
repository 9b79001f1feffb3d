import { Command } from 'commander';
import { addDeadLetters } from './commands/dead-letters.ts';
import { addErase } from './commands/erase.ts';
import { addExplain } from './commands/explain.ts';
import { addFx } from './commands/fx.ts';
import { addImport } from './commands/import.ts';
import { addIngest } from './commands/ingest.ts';
import { addKeys } from './commands/keys.ts';
import { addMigrate } from './commands/migrate.ts';
import { addReport } from './commands/report.ts';
import { addRestatements } from './commands/restatements.ts';
import { addStore } from './commands/store.ts';
import { addUp } from './commands/up.ts';
import { addVerify } from './commands/verify.ts';

const COMMANDS = [
  addUp,
  addMigrate,
  addStore,
  addKeys,
  addImport,
  addReport,
  addExplain,
  addRestatements,
  addFx,
  addVerify,
  addIngest,
  addDeadLetters,
  addErase,
];

/** The command with all its subcommands; nothing is run yet. It throws where commander would end the process. */
export const createProgram = (): Command => {
  const program = new Command('cartledger')
    .description('Funnel, cart abandonment and revenue by stage that add up to your orders')
    .version('0.1.0')
    .showHelpAfterError('(add --help for what can be said)')
    .exitOverride();
  for (const add of COMMANDS) add(program);
  return program;
};
