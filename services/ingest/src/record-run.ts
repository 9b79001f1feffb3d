import type { LogRecord, Records } from '@cartledger/event-log';

/** Records of one partition in offset order, as several fetches brought them: words as of `Records`, over all chunks. */
export type RecordRun = Iterable<LogRecord> & {
  readonly length: number;
  readonly partition: number;
  readonly chunks: readonly Records[];
  at(index: number): LogRecord;
  offsetAt(index: number): bigint;
  timestampAt(index: number): number;
};

export const createRecordRun = (chunks: readonly Records[]): RecordRun => {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);

  const find = (index: number): { chunk: Records; at: number } => {
    let at = index < 0 ? index + length : index;
    for (const chunk of chunks) {
      if (at >= 0 && at < chunk.length) return { chunk, at };
      at -= chunk.length;
    }
    throw new RangeError(`record ${index} of ${length}`);
  };

  return {
    length,
    partition: chunks[0]?.partition ?? 0,
    chunks,
    at: (index) => {
      const { chunk, at } = find(index);
      return chunk.at(at);
    },
    offsetAt: (index) => {
      const { chunk, at } = find(index);
      return chunk.offsetAt(at);
    },
    timestampAt: (index) => {
      const { chunk, at } = find(index);
      return chunk.timestampAt(at);
    },
    *[Symbol.iterator]() {
      for (const chunk of chunks) yield* chunk;
    },
  };
};
