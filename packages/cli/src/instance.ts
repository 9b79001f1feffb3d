import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readInstanceEnvironment } from './config.ts';
import { CliError } from './errors.ts';

export const DEFAULT_DATA_DIR = '.cartledger';

/** What a running local instance leaves in its data directory, mode 0600. */
const instanceFile = z.object({ url: z.url(), admin_token: z.string(), pid: z.number() });

export type Instance = { url: string; token: string };
export type InstanceOptions = { data?: string; url?: string; token?: string };

const missing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const readLocal = async (dir: string): Promise<Instance> => {
  const file = join(dir, 'instance.json');
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (!missing(cause)) throw cause;
    throw new CliError(
      `no Cartledger is running on ${dir} (there is no ${file}).\nStart one with \`npm start -- --data ${dir}\`, or name another with --data DIR or --url URL --token TOKEN.`,
      { cause },
    );
  });
  try {
    const { url, admin_token } = instanceFile.parse(JSON.parse(text));
    return { url, token: admin_token };
  } catch (cause) {
    throw new CliError(`${file} is not what a running Cartledger writes: start it again with \`npm start\`.`, {
      cause,
    });
  }
};

/** The instance a command works with: --url and --token, else the environment's, else the one of --data (a token given for it counts). */
export const findInstance = async (options: InstanceOptions): Promise<Instance> => {
  const fromEnvironment = options.data === undefined ? readInstanceEnvironment() : {};
  const url = options.url ?? fromEnvironment.url;
  const token = options.token ?? fromEnvironment.token;
  if (url !== undefined && token !== undefined) return { url: url.replace(/\/$/, ''), token };
  if (url !== undefined) throw new CliError('--url needs --token (or CARTLEDGER_TOKEN) as well', { exitStatus: 2 });
  const local = await readLocal(options.data ?? DEFAULT_DATA_DIR);
  return { ...local, ...(token !== undefined && { token }) };
};
