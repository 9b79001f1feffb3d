import { closeSync, existsSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type LogFile = { readonly path: string; write(line: string): void; close(): void };

const read = (line: string): { level?: unknown; msg?: unknown; err?: { message?: unknown } } => {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Node's own recursive mkdir never ends where a file system refuses with ENOENT, as /proc does. */
const makeDirectory = (path: string): void => {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  mkdirSync(path, { mode: 0o700 });
};

const open = (path: string): number => {
  try {
    makeDirectory(dirname(path));
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new Error(
      `the data directory ${dirname(path)} cannot be written to (${reasonOf(cause)}): mend that, or name another with --data DIR`,
      { cause },
    );
  }
};

/**
 * Log lines go to a file, so that the terminal stays calm; a fatal one is told there as well. Written as they come:
 * the last line before an end is the one that is needed. A line that cannot be written is left out, which is told
 * once: a full disk must not end a process that goes on answering. Throws, with a remedy, when there can be no file.
 */
export const openLogFile = (path: string, tell: (text: string) => void): LogFile => {
  const file = open(path);
  let failing = false;

  const append = (line: string): void => {
    // What was cut short before ends there, so that every later line is one of its own.
    const bytes = Buffer.from(failing ? `\n${line}` : line);
    try {
      const isWhole = writeSync(file, bytes) === bytes.length;
      failing = !isWhole;
    } catch (error) {
      if (!failing) tell(`\nThe log ${path} is not written any more until it can be: ${reasonOf(error)}`);
      failing = true;
    }
  };

  return {
    path,
    write(line) {
      append(line);
      if (!line.includes('"level":"fatal"')) return;
      const { msg, err } = read(line);
      tell(
        `\n${String(msg ?? 'failed')}${err?.message === undefined ? '' : `: ${String(err.message)}`}\nThe log: ${path}`,
      );
    },
    close: () => closeSync(file),
  };
};
