import { Command, CommanderError } from 'commander';
import { addDeadLetters } from './commands/dead-letters.ts';
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
import { CliError } from './errors.ts';

const program = new Command('cartledger')
  .description('Funnel, cart abandonment and revenue by stage that add up to your orders')
  .version('0.1.0')
  .showHelpAfterError('(add --help for what can be said)')
  .exitOverride();

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
];
for (const add of COMMANDS) add(program);

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed it; --help and --version are no errors.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof CliError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitStatus;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
