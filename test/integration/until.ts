import { setTimeout as delay } from 'node:timers/promises';

/** Asks until it is so, or fails with what was waited for. */
export const until = async (
  what: string,
  timeoutMs: number,
  probe: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = performance.now() + timeoutMs;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(20);
  }
};

/** The same within a minute, naming the condition itself and, where given, what was seen last. */
export const eventually = async (
  probe: () => boolean | Promise<boolean>,
  seen: () => unknown = () => '',
): Promise<void> => {
  await until(`${probe}`, 60_000, probe).catch((cause: unknown) => {
    throw new Error(`${cause instanceof Error ? cause.message : cause} ${JSON.stringify(seen())}`, { cause });
  });
};
