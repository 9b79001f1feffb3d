import { join, resolve } from 'node:path';
import { createLogger, runMain, systemClock } from '@cartledger/service';
import { banner } from './banner.ts';
import { readConfig } from './config.ts';
import { openLogFile } from './log-file.ts';
import { startStandalone } from './standalone.ts';
import { createTerminal } from './terminal.ts';

const config = { ...readConfig() };
// A terminal that has gone, or a file on a full disk: nothing is told there any more, everything else goes on.
process.stderr.on('error', () => undefined);
const terminal = createTerminal(process.stderr, systemClock);
const logFile = openLogFile(join(resolve(config.data), 'cartledger.log'), terminal.say);
const logger = createLogger({ component: 'standalone', level: config.logLevel, destination: logFile });

await runMain(
  async ({ fail }) => {
    terminal.say('Starting Cartledger');
    const standalone = await startStandalone(config, { logger, terminal, now: systemClock, fail });
    terminal.say(banner(standalone, logFile.path));
    return {
      async stop() {
        terminal.say('\nStopping ...');
        await standalone.stop();
        terminal.say('Stopped. What was taken in is kept.');
      },
    };
  },
  { logger, stopTimeoutMs: 9_500 },
);
