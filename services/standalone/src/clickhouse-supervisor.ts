import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouse, LocalStackError, startClickHouse } from '@cartledger/local-stack';
import type { Logger } from '@cartledger/service';

/** Ends within this time of each other that are more than bad luck. */
const MAX_RESTARTS = 5;
const RESTARTS_WINDOW_MS = 60_000;
const RESTART_DELAY_MS = 500;

type SupervisableClickHouse = Pick<ClickHouse, 'url' | 'readOnlyUrl' | 'exited' | 'stop'>;
export type SupervisedClickHouse = Pick<ClickHouse, 'url' | 'readOnlyUrl'> & AsyncDisposable;

type Options = {
  dir: string;
  /** What people read with the user of readOnlyUrl. */
  readableDatabases: readonly string[];
  /** The port it had before; without, or when another program has it now: a free one. */
  earlierPort: number | undefined;
  /** Told when it could not have that. */
  tell(text: string): void;
  logger: Logger;
  /** Told when it does not stay up. */
  fail(error: unknown): void;
  /** Starts a server on the port, 0: any; it takes `dir` and is always the same one to its clients. */
  start?: (httpPort: number) => Promise<SupervisableClickHouse>;
  restartDelayMs?: number;
};

/**
 * The embedded ClickHouse, started again on its directory and port when it ends by itself (killed, out of memory):
 * meanwhile events go on being taken in by the log, and ingest waits.
 */
export const superviseClickHouse = async ({
  dir,
  readableDatabases,
  earlierPort = 0,
  tell,
  logger,
  fail,
  // One machine has no replica: an insert is answered when it is on disk.
  start = (httpPort) => startClickHouse({ dir, httpPort, fsyncAfterInsert: true, readableDatabases }),
  restartDelayMs = RESTART_DELAY_MS,
}: Options): Promise<SupervisedClickHouse> => {
  const life = new AbortController();
  let server = await start(earlierPort).catch((error: unknown) => {
    const isTaken = error instanceof LocalStackError && error.code === 'address_in_use';
    if (earlierPort === 0 || !isTaken) throw error;
    tell(`\nThe port of the SQL address, ${earlierPort}, is taken by another program: it is another one this time.`);
    return start(0);
  });
  const { url, readOnlyUrl } = server;
  const port = Number(new URL(url).port);

  const watch = async (): Promise<void> => {
    const ends: number[] = [];
    for (;;) {
      await server.exited;
      if (life.signal.aborted) return;
      ends.push(performance.now());
      const recent = ends.filter((at) => at > performance.now() - RESTARTS_WINDOW_MS).length;
      if (recent > MAX_RESTARTS) throw new Error(`the embedded ClickHouse has ended ${recent} times within a minute`);
      logger.error({ restarts: recent }, 'the embedded ClickHouse has ended; starting it again');
      await delay(restartDelayMs, undefined, { signal: life.signal });
      // Frees the directory's lock, which the dead one still has.
      await server.stop();
      server = await start(port);
      logger.info('the embedded ClickHouse is up again');
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!life.signal.aborted) fail(error);
  });

  return {
    url,
    readOnlyUrl,
    async [Symbol.asyncDispose]() {
      life.abort();
      // Perhaps one that is just being started again.
      await Promise.all([server.stop(), watching]);
      await server.stop();
    },
  };
};
