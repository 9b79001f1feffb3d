import type { MeasuredRecords } from './record-bytes.ts';
import { type Slice, slices } from './slices.ts';

/** A slice of a call that waits to be written. */
export type Waiting<Target> = Slice & {
  target: Target;
  done: () => void;
  failed: (error: Error) => void;
};

export type GroupCommit<Target> = {
  /** Resolves when all records are written; on failure what was written is the beginning of the call. */
  write(target: Target, records: MeasuredRecords): Promise<void>;
  /** Resolves when nothing is waiting or being written. */
  drain(): Promise<void>;
};

export type GroupLimits = { maxRecords: number; maxBytes: number; overheadBytes?: number };

/**
 * Writes one group after the other: calls that come while one is being written share the next one's round trip, and
 * nothing overtakes. `writeGroup` settles every member of the group it is given, and never throws.
 */
export function createGroupCommit<Target>(
  limits: GroupLimits,
  writeGroup: (group: readonly Waiting<Target>[]) => Promise<void>,
): GroupCommit<Target> {
  const waiting: Waiting<Target>[] = [];
  let running: Promise<void> | undefined;

  function takeGroup(): Waiting<Target>[] {
    let count = 0;
    let records = 0;
    let bytes = 0;
    for (const next of waiting) {
      records += next.records.length;
      bytes += next.bytes;
      if (count > 0 && (records > limits.maxRecords || bytes > limits.maxBytes)) {
        break;
      }
      count++;
    }
    return waiting.splice(0, count);
  }

  async function run(): Promise<void> {
    // Calls made in the same turn of the event loop share the first group too.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      await writeGroup(takeGroup());
    }
    running = undefined;
  }

  return {
    async write(target, records) {
      for (const slice of slices(records, limits)) {
        await new Promise<void>((done, failed) => {
          waiting.push({ ...slice, target, done, failed });
          running ??= run();
        });
      }
    },
    async drain() {
      while (running !== undefined) {
        await running;
      }
    },
  };
}
