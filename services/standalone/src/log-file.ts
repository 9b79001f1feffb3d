import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type LogFile = { readonly path: string; write(line: string): void; close(): void };

const read = (line: string): { level?: unknown; msg?: unknown; err?: { message?: unknown } } => {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
};

/**
 * Log lines go to a file, so that the terminal stays calm; a fatal one is told there as well. Written as they come:
 * the last line before an end is the one that is needed.
 */
export const openLogFile = (path: string, tell: (text: string) => void): LogFile => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'a', 0o600);
  return {
    path,
    write(line) {
      writeSync(file, line);
      if (!line.includes('"level":"fatal"')) return;
      const { msg, err } = read(line);
      tell(
        `\n${String(msg ?? 'failed')}${err?.message === undefined ? '' : `: ${String(err.message)}`}\nThe log: ${path}`,
      );
    },
    close: () => closeSync(file),
  };
};
