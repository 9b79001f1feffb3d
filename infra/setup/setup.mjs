// Makes a clone ready: the packages of the lock file and the dashboard's built files. Runs on the user's own
// Node (>= 20) with nothing installed yet, and does nothing when nothing has changed since it last ran.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { argv, exit, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
/** Node 24: it comes with the packages and runs TypeScript as it is, whatever Node the user has. */
export const node24 = join(root, 'node_modules/.bin/node');

const stamps = join(root, 'node_modules/.cartledger');

function* files(path) {
  if (!statSync(path).isDirectory()) yield path;
  else for (const name of readdirSync(path).sort()) yield* files(join(path, name));
}

const digest = (paths) => {
  const hash = createHash('sha256');
  for (const path of paths) for (const file of files(join(root, path))) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
};

/** Runs `work` when `inputs` have changed since it last succeeded or `output` is missing. */
const step = (name, title, inputs, output, work) => {
  const stamp = join(stamps, name);
  const now = digest(inputs);
  if (existsSync(join(root, output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  stderr.write(`${title} ...\n`);
  const started = Date.now();
  const result = work();
  if (result.status !== 0) {
    stderr.write(
      `${result.stdout ?? ''}${result.stderr ?? ''}\n${title}: failed${result.error ? `: ${result.error.message}` : ''}\n`,
    );
    exit(1);
  }
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, now);
  stderr.write(`${title}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
};

const run = (command, args, cwd = root) =>
  spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });

const manifests = () =>
  ['packages', 'services'].flatMap((dir) => readdirSync(join(root, dir)).map((name) => `${dir}/${name}/package.json`));

export const setup = () => {
  const inputs = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'test/package.json', ...manifests()];
  step(
    'packages',
    'Installing packages',
    inputs.filter((path) => existsSync(join(root, path))),
    'node_modules/.bin/node',
    () => run('npx', ['--yes', PNPM, 'install', '--frozen-lockfile', '--prefer-offline']),
  );
  const dashboard = 'services/dashboard';
  const sources = ['package.json', 'vite.config.ts', 'index.html', 'src', 'public'].map(
    (name) => `${dashboard}/${name}`,
  );
  step(
    'dashboard',
    'Building the dashboard',
    ['pnpm-lock.yaml', 'packages/funnel/src', ...sources].filter((path) => existsSync(join(root, path))),
    `${dashboard}/dist/index.html`,
    () =>
      run(
        node24,
        [join(root, dashboard, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'],
        join(root, dashboard),
      ),
  );
};

if (argv[1] === fileURLToPath(import.meta.url)) setup();
