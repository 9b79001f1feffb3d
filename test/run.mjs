// `node test/run.mjs FILE ...`: makes the clone ready, then runs a TypeScript file of test/ with Node 24 and this command line.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { node24, root, setup } from '../infra/setup/setup.mjs';

const [file, ...args] = process.argv.slice(2);
if (file === undefined) throw new Error('say which file of test/ to run: node test/run.mjs bench/aggregation.ts');
setup();
// Ctrl-C reaches the child by itself; this process waits for its orderly end.
process.on('SIGINT', () => {});
// Benchmarks hold a simulator's shoppers: those of 10 million events take more than Node's own limit of 4 GB.
const { status } = spawnSync(node24, ['--expose-gc', '--max-old-space-size=10240', join(root, 'test', file), ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);
