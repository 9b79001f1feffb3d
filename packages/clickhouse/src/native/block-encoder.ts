import { appendString, type ByteBuffer, createByteBuffer, writeVarint } from './byte-buffer.ts';
import { type ColumnOf, createColumn } from './columns.ts';
import { blockType, type RowOf, type Schema } from './type.ts';

/**
 * One block in ClickHouse's Native format: what one insert carries. It lies in its encoder's own memory, uncopied, and
 * is valid until something is appended there, or it is cleared: afterwards reading it throws.
 */
export type Block = {
  readonly rows: number;
  readonly byteLength: number;
  /** Its bytes in order. */
  readonly parts: readonly Buffer[];
  /** A copy of all its bytes. */
  readonly bytes: Buffer;
};

type TypeOf<S extends Schema, N extends S[number]['name']> = Extract<S[number], { name: N }>['type'];

export type BlockEncoder<S extends Schema> = {
  /** Adds a row; throws BlockValueError, adding nothing, when a value does not fit its column. */
  append(row: RowOf<S>): void;
  /**
   * A column to append to without checks, for who has checked its values: first `clear`, then the same number of rows
   * to every column, then `addRows`.
   */
  column<N extends S[number]['name']>(name: N): ColumnOf<TypeOf<S, N>>;
  /** Says that so many rows have been appended to every column. */
  addRows(count: number): void;
  readonly rows: number;
  /** Bytes of the rows so far. */
  readonly byteLength: number;
  /**
   * The block of all rows since the last one; the encoder is empty afterwards and keeps its memory. Throws when its
   * columns have not all got the same number of rows.
   */
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

/** Smaller pieces, such as names and types of columns, are sent together. */
const JOINED_BELOW_BYTES = 16 * 1024;

/** The buffers as pieces to send: large ones as they are, runs of small ones copied into one. */
const toParts = (buffers: readonly ByteBuffer[]): Buffer[] => {
  const parts: Buffer[] = [];
  let small: Buffer[] = [];
  const joinSmall = (): void => {
    if (small.length > 0) parts.push(Buffer.concat(small));
    small = [];
  };
  for (const { bytes, length } of buffers) {
    const piece = bytes.subarray(0, length);
    if (length < JOINED_BELOW_BYTES) small.push(piece);
    else {
      joinSmall();
      parts.push(piece);
    }
  }
  joinSmall();
  return parts;
};

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
  /** Counts blocks: one that is not the last any more has lost its memory to the next. */
  let turn = 0;
  let isFinished = false;

  const buffersInOrder = () => columns.flatMap(({ header, column }) => [header, ...column.buffers()]);

  const truncate = (count: number): void => {
    rows = count;
    for (const { column } of columns) column.truncate(count);
  };

  const clear = (): void => {
    turn += 1;
    isFinished = false;
    truncate(0);
  };

  const append = (row: Readonly<Record<string, unknown>>): void => {
    if (isFinished) clear();
    for (const { name, type, column } of columns) {
      try {
        column.append(row[name]);
      } catch (error) {
        truncate(rows);
        throw new BlockValueError(name, type, error);
      }
    }
    rows += 1;
  };

  const column = <N extends S[number]['name']>(name: N): ColumnOf<TypeOf<S, N>> => {
    const found = columns.find((candidate) => candidate.name === name);
    if (found === undefined) throw new TypeError(`the block has no column ${name}`);
    // createColumn makes of a type what ColumnOf says: the same cases, which the compiler cannot follow.
    return found.column as unknown as ColumnOf<TypeOf<S, N>>;
  };

  const finish = (): Block => {
    if (isFinished) clear();
    const uneven = columns.find((candidate) => candidate.column.rows !== rows);
    if (uneven !== undefined) {
      throw new Error(`column ${uneven.name} has ${uneven.column.rows} of the block's ${rows} rows`);
    }
    const start = createByteBuffer();
    start.length = writeVarint(start.bytes, writeVarint(start.bytes, 0, columns.length), rows);
    const parts = toParts([start, ...buffersInOrder()]);
    const own = turn;
    isFinished = true;
    const partsNow = (): readonly Buffer[] => {
      if (own !== turn) throw new Error('the block is gone: its encoder has begun another');
      return parts;
    };
    return {
      rows,
      byteLength: parts.reduce((total, part) => total + part.length, 0),
      get parts() {
        return partsNow();
      },
      get bytes() {
        return Buffer.concat(partsNow());
      },
    };
  };

  return {
    append,
    column,
    addRows: (count) => {
      rows += count;
    },
    get rows() {
      return isFinished ? 0 : rows;
    },
    get byteLength() {
      return isFinished ? 0 : buffersInOrder().reduce((total, buffer) => total + buffer.length, 0);
    },
    finish,
    clear,
  };
};
