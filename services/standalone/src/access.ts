import type { Control } from '@cartledger/control';
import { readInstanceFile } from './instance-file.ts';

/**
 * The admin token of this data directory: the one of an earlier start while it is still good (scripts may hold it),
 * else a new one.
 */
export const adminToken = async (control: Control, dir: string): Promise<string> => {
  const earlier = (await readInstanceFile(dir))?.admin_token;
  if (earlier !== undefined && (await control.keys.verify(earlier))?.scope === 'admin') return earlier;
  return (await control.keys.create(null, 'admin')).key;
};

/** The demo store's write key, kept in the same file for the same reason. */
export const demoWriteKey = async (control: Control, dir: string, store_id: string): Promise<string> => {
  const earlier = (await readInstanceFile(dir))?.demo_write_key;
  if (earlier !== undefined && (await control.keys.verify(earlier))?.store_id === store_id) return earlier;
  return (await control.keys.create(store_id, 'events:write')).key;
};
