import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';
import { childEnvironment } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import { LocalStackError } from './errors.ts';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url));
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const flags = [
  '--no-sandbox', // tests run as root in containers, where Chromium's sandbox cannot be set up
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A headless Chromium: the one that npm brings (unpacked into the repository's cache the first time), else the one
 * installed on this machine. Close it when done.
 */
export const launchBrowser = async (options: Omit<LaunchOptions, 'executablePath'> = {}): Promise<Browser> => {
  const failures: unknown[] = [];
  for (const executable of [unpackedChromium, ...installed.filter(existsSync).map((path) => async () => path)]) {
    try {
      return await chromium.launch({
        ...options,
        executablePath: await executable(),
        args: [...flags, ...(options.args ?? [])],
        env: { ...withoutUndefined(childEnvironment()), ...fonts(), ...options.env },
      });
    } catch (error) {
      failures.push(error);
    }
  }
  throw new LocalStackError(
    'not_available',
    `No Chromium runs here: install the libraries that the first message below names, or a Chromium (Debian: apt install chromium).\n${failures.map(String).join('\n')}`,
    { cause: new AggregateError(failures) },
  );
};

/** Named after the version, so that an update is unpacked anew. */
const cacheDirectory = (): string => {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8'));
  return join(cache, `chromium-${version}`);
};

const directory = cacheDirectory();

/** Unpacked as a whole or not at all, and once, however many processes ask. */
const unpackedChromium = async (): Promise<string> => {
  if (!existsSync(directory)) {
    const lock = await lockDirectory(`${directory}.lock`, 'the unpacked Chromium', { waitMs: 120_000 });
    try {
      if (!existsSync(directory)) await unpack();
    } finally {
      lock.release();
    }
  }
  return join(directory, 'chromium');
};

const unpack = async (): Promise<void> => {
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const program = fileURLToPath(new URL('./unpack-chromium.ts', import.meta.url));
  await run(process.execPath, [program], { env: { ...childEnvironment(), TMPDIR: unfinished } });
  // The one that comes with it names places that are not these.
  const fontsConfig = `<?xml version="1.0"?>\n<fontconfig><dir>${join(directory, 'fonts')}</dir><cachedir>${join(directory, 'fonts-cache')}</cachedir></fontconfig>\n`;
  writeFileSync(join(unfinished, 'fonts', 'fonts.conf'), fontsConfig);
  renameSync(unfinished, directory);
};

/** On a machine without any fonts, a page would show no text: the package brings some. */
const fonts = (): Record<string, string> =>
  existsSync('/usr/share/fonts') && readdirSync('/usr/share/fonts').length > 0
    ? {}
    : { FONTCONFIG_PATH: join(directory, 'fonts') };

const withoutUndefined = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
