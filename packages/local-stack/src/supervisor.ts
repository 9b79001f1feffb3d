import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isSupervised, killSignal } from './supervised.ts';

// The child program that ties a server of another language to the parent: it holds the pipe, the server does not know.
// It ends only after the server has, so who waits for it waits for the server.
const [description = ''] = process.argv.slice(2);
const supervised: unknown = JSON.parse(description);
if (!isSupervised(supervised)) throw new Error(`no description of a process: ${description}`);
const { command, args, uid, gid, cwd, stopSignal, pidFile } = supervised;

const server = spawn(command, args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(uid === undefined ? {} : { uid }),
  ...(gid === undefined ? {} : { gid }),
  ...(cwd === undefined ? {} : { cwd }),
});
server.on('error', (error) => {
  process.stderr.write(`${command}: ${error.message}\n`);
  process.exit(1);
});
server.on('spawn', () => {
  if (pidFile !== undefined) writeFileSync(pidFile, `${server.pid}`);
});
server.on('exit', (code) => process.exit(code ?? 1));

process.stdin.resume();
process.stdin.on('end', () => server.kill('SIGKILL'));
process.stdin.on('error', () => server.kill('SIGKILL'));
process.on('SIGTERM', () => server.kill(stopSignal));
process.on(killSignal, () => server.kill('SIGKILL'));
