/** The parent's side of load.ts. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const PROGRAM = fileURLToPath(new URL('./load.ts', import.meta.url));

const progress = z.object({
  sent: z.number(),
  acknowledged: z.number(),
  /** The longest that a send came after its time. */
  behindMs: z.number(),
  canaries: z.number(),
  done: z.boolean().optional(),
});
type LoadProgress = z.infer<typeof progress>;

export type Load = AsyncDisposable & {
  readonly progress: LoadProgress;
  /** As fast as it can until so many events have been sent in all; then at its rate again. */
  burstTo(events: number): void;
  /** Resolves when everything sent is acknowledged. */
  stop(): Promise<LoadProgress>;
};

type LoadOptions = {
  brokers: string;
  topic: string;
  /** Events a second. */
  rate: number;
  /** Visitors whose events say when they were sent. */
  canaries: readonly string[];
};

export const startLoad = async (options: LoadOptions): Promise<Load> => {
  const child = fork(PROGRAM, [JSON.stringify(options)]);
  const exited = once(child, 'exit');
  let latest: LoadProgress = { sent: 0, acknowledged: 0, behindMs: 0, canaries: 0 };
  child.on('message', (message) => {
    latest = progress.parse(message);
  });
  await Promise.race([once(child, 'message'), exited]);
  const stop = async (): Promise<LoadProgress> => {
    if (child.connected) child.send('stop');
    await exited;
    if (latest.done !== true) throw new Error('the load ended before all of it was acknowledged');
    return latest;
  };
  return {
    get progress() {
      return latest;
    },
    burstTo: (burst) => void child.send({ burst }),
    stop,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
};
