import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { environmentWith } from '../config.ts';
import { waitFor } from '../foreground.ts';
import { DEFAULT_DATA_DIR } from '../instance.ts';
import { port } from '../options.ts';
import { say } from '../output.ts';

const STANDALONE = fileURLToPath(new URL('../../../../services/standalone/src/main.ts', import.meta.url));

type Options = { data: string; port: number; host: string; demo: boolean };

/** Runs the standalone service in the foreground and ends as it ends. */
const up = ({ data, port, host, demo }: Options): Promise<number> =>
  waitFor(
    spawn(process.execPath, [STANDALONE], {
      stdio: 'inherit',
      env: environmentWith({
        CARTLEDGER_DATA: resolve(data),
        CARTLEDGER_PORT: String(port),
        CARTLEDGER_HOST: host,
        CARTLEDGER_DEMO: String(demo),
      }),
    }),
    process,
    (signal) => say(`\nCartledger was ended by ${signal}. The log: ${join(resolve(data), 'cartledger.log')}`),
  );

export const addUp = (program: Command): void => {
  program
    .command('up')
    .description(
      'run everything on this machine: event log, ClickHouse, collector, ingest, aggregator, API and dashboard',
    )
    .option('--data <dir>', 'where its state lies; survives a restart', DEFAULT_DATA_DIR)
    .option('--port <port>', 'port of the dashboard, the API and the collector', port, 8400)
    .option('--host <address>', 'address to listen on; other machines reach it only when you say so', '127.0.0.1')
    .option('--no-demo', 'without the demo store and its simulated traffic')
    .action(async (options: Options) => {
      process.exitCode = await up(options);
    });
};
