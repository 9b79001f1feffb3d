// `npm start`: makes the clone ready, then runs the `cartledger` command with Node 24 and this command line.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { node24, root, setup } from './setup.mjs';

setup();

const child = spawn(node24, [join(root, 'packages/cli/src/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
// A terminal's Ctrl-C reaches the child by itself; this process waits for its orderly end and passes on the rest.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
