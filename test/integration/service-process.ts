/** A service as a process of its own, as an operator runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { inject, vi } from 'vitest';

const main = (service: string): string =>
  fileURLToPath(new URL(`../../services/${service}/src/main.ts`, import.meta.url));

/** The address of a PostgreSQL database that is dropped with `stack`. */
export const newDatabase = async (stack: AsyncDisposableStack): Promise<string> => {
  const name = `cartledger_process_${randomUUID().replaceAll('-', '')}`;
  const administer = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: inject('postgresUrl') });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await administer(`create database ${name}`);
  stack.defer(() => administer(`drop database ${name} with (force)`));
  const url = new URL(inject('postgresUrl'));
  url.pathname = `/${name}`;
  return url.href;
};

export type ServiceProcess = {
  child: ChildProcess;
  url: string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Asks it to stop; answers its exit status. */
  terminate(): Promise<number | null>;
};

/** Starts a service; resolves when its log says where it listens. Killed with `stack`. */
export const startService = async (
  stack: AsyncDisposableStack,
  service: string,
  env: Record<string, string>,
): Promise<ServiceProcess> => {
  const child = spawn(process.execPath, [main(service)], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stopWith = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  stack.defer(async () => void (await stopWith('SIGKILL')));
  let lines = '';
  child.stdout?.on('data', (data) => {
    lines += String(data);
  });
  const url = await vi.waitFor(
    () => {
      const match = /"url":"(http:[^"]+)"/.exec(lines);
      if (!match?.[1]) throw new Error(`no address yet in: ${lines}`);
      return match[1];
    },
    { timeout: 30_000, interval: 50 },
  );
  return { child, url, kill: async () => void (await stopWith('SIGKILL')), terminate: () => stopWith('SIGTERM') };
};
