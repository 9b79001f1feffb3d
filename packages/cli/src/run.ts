import { CommanderError } from 'commander';
import { CliError } from './errors.ts';
import { createProgram } from './program.ts';

/** Runs the command with these arguments; how it ended is told on standard error and by the exit code. */
export const run = async (args: readonly string[]): Promise<void> => {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
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
};
