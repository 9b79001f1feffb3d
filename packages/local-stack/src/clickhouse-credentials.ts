import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClickHouseUser } from './clickhouse-config.ts';

const passwordsIn = (value: unknown): { cartledger: string; analyst: string } | null =>
  typeof value === 'object' &&
  value !== null &&
  'cartledger' in value &&
  'analyst' in value &&
  typeof value.cartledger === 'string' &&
  typeof value.analyst === 'string'
    ? { cartledger: value.cartledger, analyst: value.analyst }
    : null;

/**
 * Who may connect to the server of `dir`: one who may do everything and one who can only read the databases named. Their passwords are made
 * once and lie in `dir`, readable by its owner alone, so that a restarted server knows its clients again.
 */
export const readCredentials = (
  dir: string,
  readable: readonly string[],
): { owner: ClickHouseUser; reader: ClickHouseUser } => {
  const file = join(dir, 'credentials.json');
  const kept = existsSync(file) ? passwordsIn(JSON.parse(readFileSync(file, 'utf8'))) : null;
  const passwords = kept ?? { cartledger: randomUUID(), analyst: randomUUID() };
  if (kept === null) writeFileSync(file, `${JSON.stringify(passwords)}\n`, { mode: 0o600 });
  return {
    owner: { name: 'cartledger', password: passwords.cartledger },
    reader: { name: 'analyst', password: passwords.analyst, onlyReads: readable },
  };
};
