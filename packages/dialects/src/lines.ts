/**
 * Cuts a byte stream into lines. A bad line damages only itself: bytes that are no UTF-8 or a line without end
 * become a line with a problem, memory stays within a line's limit, and the next line is read as if nothing was.
 */

export type Line =
  | { ok: true; number: number; text: string }
  | { ok: false; number: number; problem: 'not_utf8' | 'too_large' };

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Bytes of a line, up to a limit; what is over it is counted only. */
const createLineBuffer = (maxBytes: number) => {
  let parts: Uint8Array[] = [];
  let size = 0;
  return {
    add(bytes: Uint8Array): void {
      size += bytes.byteLength;
      // One over the limit may still be the return of a line just within it.
      if (size <= maxBytes + 1) parts.push(bytes);
      else parts = [];
    },
    /** The line's bytes without its return, null when it is too large; and starts the next. */
    take(): Uint8Array | null {
      const isTooLarge = size > maxBytes + 1;
      const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
      parts = [];
      size = 0;
      if (isTooLarge) return null;
      const line = joined.at(-1) === RETURN ? joined.subarray(0, -1) : joined;
      return line.byteLength > maxBytes ? null : line;
    },
    isEmpty: (): boolean => size === 0,
  };
};

/** Lines of `input`, numbered from 1, without their ends; a last one without an end counts, an empty one not. */
export async function* readLines(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  // Takes a byte order mark off the first line, as off any other.
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const buffer = createLineBuffer(maxBytes);
  let number = 0;

  const finish = (): Line => {
    number++;
    const bytes = buffer.take();
    if (bytes === null) return { ok: false, number, problem: 'too_large' };
    try {
      return { ok: true, number, text: decoder.decode(bytes) };
    } catch {
      return { ok: false, number, problem: 'not_utf8' };
    }
  };

  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      buffer.add(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    if (from < chunk.byteLength) buffer.add(chunk.subarray(from));
  }
  if (!buffer.isEmpty()) yield finish();
}
