import { appendString, createByteBuffer, reserve, writeVarint } from './byte-buffer.ts';
import { createColumn } from './column.ts';
import { blockType, type RowOf, type Schema } from './type.ts';

/** One block in ClickHouse's Native format: what one insert carries. */
export type Block = { readonly rows: number; readonly bytes: Buffer };

export type BlockEncoder<S extends Schema> = {
  /** Adds a row; throws BlockValueError, adding nothing, when a value does not fit its column. */
  append(row: RowOf<S>): void;
  readonly rows: number;
  /** Bytes of the rows so far. */
  readonly byteLength: number;
  /** The block of all rows since the last call; the encoder is empty afterwards and keeps its memory. */
  finish(): Block;
  clear(): void;
};

/** A value that its column cannot hold. Names column and type, never the value. */
export class BlockValueError extends Error {
  readonly column: string;
  constructor(column: string, type: string, cause: unknown) {
    const expected = cause instanceof Error ? cause.message : 'another value';
    super(`column ${column} (${type}) cannot hold the value: ${expected}`);
    this.name = 'BlockValueError';
    this.column = column;
  }
}

/**
 * Writes rows into column blocks of ClickHouse's Native format, which cost the server a third of JSONEachRow. Keep
 * an encoder for the life of a writer: its buffers grow to the size of its batches and stay.
 */
export const createBlockEncoder = <const S extends Schema>(schema: S): BlockEncoder<S> => {
  const columns = schema.map(({ name, type }) => {
    const header = createByteBuffer();
    appendString(header, name);
    appendString(header, blockType(type));
    return { name, type, header, column: createColumn(type) };
  });
  let rows = 0;

  const buffersInOrder = () => columns.flatMap(({ header, column }) => [header, ...column.buffers()]);

  const clear = (): void => {
    rows = 0;
    for (const { column } of columns) column.clear();
  };

  const append = (row: Readonly<Record<string, unknown>>): void => {
    for (const [index, { name, type, column }] of columns.entries()) {
      column.mark();
      try {
        column.append(row[name]);
      } catch (error) {
        for (const written of columns.slice(0, index + 1)) written.column.rollback();
        throw new BlockValueError(name, type, error);
      }
    }
    rows += 1;
  };

  const finish = (): Block => {
    const start = createByteBuffer();
    start.length = writeVarint(reserve(start, 20), 0, columns.length);
    start.length = writeVarint(start.bytes, start.length, rows);
    const parts = [start, ...buffersInOrder()];
    const bytes = Buffer.concat(parts.map((part) => part.bytes.subarray(0, part.length)));
    const block = { rows, bytes };
    clear();
    return block;
  };

  return {
    append,
    finish,
    clear,
    get rows() {
      return rows;
    },
    get byteLength() {
      return buffersInOrder().reduce((total, buffer) => total + buffer.length, 0);
    },
  };
};
