/**
 * A process that holds a ClickHouse and the disk it is on: its mount namespace lives as long as it does, so the server
 * can be killed and started again on the same small disk. Spoken to over IPC; ends with who started it.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ClickHouse, startClickHouse } from '@cartledger/local-stack';

export type Order = 'start' | 'kill' | 'fill' | 'empty';
export type Answer = { readonly url: string; readonly pid: number } | { readonly error: string };

const [dir = ''] = process.argv.slice(2);
const ballast = join(dir, 'ballast');
let server: ClickHouse | null = null;

/** Writes until the disk has no room for another byte. */
const fill = (): void => {
  const file = openSync(ballast, 'w');
  for (const size of [2 ** 20, 4_096, 1]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
  closeSync(file);
};

const obey: Record<Order, () => Promise<void> | void> = {
  start: async () => {
    const httpPort = server === null ? 0 : Number(new URL(server.url).port);
    server = await startClickHouse({ dir: join(dir, 'clickhouse'), httpPort });
  },
  kill: () => server?.kill(),
  fill,
  empty: () => rmSync(ballast, { force: true }),
};

const isOrder = (message: unknown): message is Order => typeof message === 'string' && message in obey;

process.on('message', (message) => {
  if (!isOrder(message)) return;
  const answer = (told: Answer): void => void process.send?.(told);
  Promise.resolve(obey[message]()).then(
    () => answer({ url: server?.url ?? '', pid: server?.pid ?? 0 }),
    (error: unknown) => answer({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
