import { join, resolve } from 'node:path';
import { ConfigError, createLogger, runMain, systemClock } from '@cartledger/service';
import { banner } from './banner.ts';
import { readConfig } from './config.ts';
import { openLogFile } from './log-file.ts';
import { startStandalone } from './standalone.ts';
import { createTerminal } from './terminal.ts';

// What is made in the data directory, by ClickHouse too, is for nobody else: keys, events and logs are in it.
process.umask(0o077);

// A terminal that has gone, or a file on a full disk: nothing is told there any more, everything else goes on.
process.stderr.on('error', () => undefined);
const terminal = createTerminal(process.stderr, systemClock);

/** What comes before there is a log to tell of failures. */
const prepare = () => {
  try {
    const config = readConfig();
    return { config, logFile: openLogFile(join(resolve(config.data), 'cartledger.log'), terminal.say) };
  } catch (error) {
    terminal.say(error instanceof Error ? error.message : String(error));
    return process.exit(error instanceof ConfigError ? 2 : 1);
  }
};

const { config, logFile } = prepare();
const logger = createLogger({ component: 'standalone', level: config.logLevel, destination: logFile });

await runMain(
  async ({ fail, stopping }) => {
    terminal.say('Starting Cartledger');
    stopping.addEventListener('abort', () => terminal.say('\nStopping ...'));
    const standalone = await startStandalone(config, { logger, terminal, now: systemClock, fail, stopping });
    if (!stopping.aborted) terminal.say(banner(standalone, { log: logFile.path, data: config.data }));
    return {
      async stop() {
        await standalone.stop();
        terminal.say('Stopped. What was taken in is kept.');
      },
    };
  },
  { logger, stopTimeoutMs: 9_500 },
);
