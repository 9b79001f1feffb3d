import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What lies in DATA/instance.json, mode 0600, for who may read the data directory anyway. */
const schema = z.object({
  url: z.string(),
  admin_token: z.string(),
  pid: z.number(),
  /** The demo store's write key, so that a restart can print it again: the control store keeps only hashes. */
  demo_write_key: z.string().optional(),
  /** Of the embedded ClickHouse: people's SQL clients keep its address. */
  clickhouse_port: z.number().optional(),
});
export type InstanceFile = z.infer<typeof schema>;

const path = (dir: string): string => join(dir, 'instance.json');

const parse = (text: string): InstanceFile | null => {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/**
 * What an earlier start has left. Null when there is none, or one that nobody can read any more (cut short by a
 * power loss): its tokens are only lost, and a start makes new ones.
 */
export const readInstanceFile = async (dir: string): Promise<InstanceFile | null> => {
  const text = await readFile(path(dir), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : parse(text);
};

/** Written whole under another name first, so that a reader never sees half of it. */
export const writeInstanceFile = async (dir: string, content: InstanceFile): Promise<void> => {
  const draft = `${path(dir)}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path(dir));
};
