import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmbeddedLog, type EmbeddedLog, isInUse } from '@cartledger/event-log';
import type { Logger } from '@cartledger/service';
import { openSpool, type Spool } from './spool.ts';

export type SpoolDirectory = {
  /** Holds `0`, `1`, ..., one spool each. Collectors of one machine may share it. */
  dir: string;
  /** Of each spool's file; beside it there are up to some 64 MiB that are not yet in it. */
  maxBytes: number;
};

/** More collectors than this share no directory. */
const MAX_SPOOLS = 64;
const NUMBER = /^\d{1,2}$/;

/** Null: another process has it. A killed process's lock goes with it. */
const tryLog = (dir: string, maxFileBytes: number, logger: Logger): EmbeddedLog | null => {
  try {
    return createEmbeddedLog({ dir, maxFileBytes, logger });
  } catch (error) {
    if (isInUse(error)) return null;
    throw new Error(`the spool in ${dir} cannot be opened: move it aside and keep it, it may hold accepted events`, {
      cause: error,
    });
  }
};

const opened = async (log: EmbeddedLog, logger: Logger): Promise<Spool> => {
  try {
    return await openSpool(log, { logger });
  } catch (error) {
    await log.stop();
    throw error;
  }
};

/** The first spool of the directory that no other process has: after a restart the one of the run before. */
export const claimSpool = async ({ dir, maxBytes }: SpoolDirectory, logger: Logger): Promise<Spool> => {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Error(
      `the spool directory ${dir} cannot be made: set CARTLEDGER_COLLECTOR_SPOOL_DIR to one that outlives the process, or to "off"`,
      { cause },
    );
  });
  for (let index = 0; index < MAX_SPOOLS; index++) {
    const log = tryLog(join(dir, String(index)), maxBytes, logger);
    if (log) return opened(log, logger);
  }
  throw new Error(`all ${MAX_SPOOLS} spools in ${dir} are in use: give this collector a directory of its own`);
};

/** The spools that nobody has and that hold something, one after the other: those of processes that were killed. */
export async function* leftSpools({ dir, maxBytes }: SpoolDirectory, logger: Logger): AsyncGenerator<Spool> {
  for (const name of await readdir(dir)) {
    const log = NUMBER.test(name) ? tryLog(join(dir, name), maxBytes, logger) : null;
    if (!log) continue;
    await using spool = await opened(log, logger);
    if (!spool.isEmpty) yield spool;
  }
}
