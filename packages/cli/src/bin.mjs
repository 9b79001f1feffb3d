#!/usr/bin/env node
// `npx cartledger`: hands over to the Node 24 that comes with the packages, which runs TypeScript as it is.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) await import('./main.ts');
else {
  const child = spawn(
    join(here, '../../../node_modules/.bin/node'),
    [join(here, 'main.ts'), ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  // SIGINT too: one that is no terminal's Ctrl-C reaches this process alone.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
