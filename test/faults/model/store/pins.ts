/**
 * The text of every query and command that an answer was written for. One whose text has changed fails the unit test
 * until somebody has looked at its answer, run test/integration/faults-store.test.ts and pinned it anew with
 * `node test/run.mjs faults/model/store/pin.ts`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ANSWERS } from './answers/index.ts';
import { COMMANDS } from './commands.ts';

export const PINS_FILE = fileURLToPath(new URL('pins.json', import.meta.url));

const hashOf = (sql: string): string => createHash('sha256').update(sql).digest('hex').slice(0, 16);

/** What is asked now: hashes by name, several where several have one name. */
export const presentPins = (): Record<string, string[]> => {
  const named = Map.groupBy([...ANSWERS, ...COMMANDS], ({ name }) => name);
  return Object.fromEntries([...named].map(([name, all]) => [name, all.map(({ sql }) => hashOf(sql))]));
};

export const writtenPins = (): Record<string, string[]> =>
  z.record(z.string(), z.array(z.string())).parse(JSON.parse(readFileSync(PINS_FILE, 'utf8')));
