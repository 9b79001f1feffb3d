import { vi } from 'vitest';
import { run } from '../run.ts';

export type Ran = { status: number | null; out: string; err: string };

const runOnce = async (args: readonly string[]): Promise<Ran> => {
  const ran: Ran = { status: null, out: '', err: '' };
  const kept = process.exitCode;
  process.exitCode = undefined;
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    ran.out += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    ran.err += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    return true;
  });
  try {
    await run(args);
  } finally {
    out.mockRestore();
    err.mockRestore();
    ran.status = Number(process.exitCode ?? 0);
    process.exitCode = kept;
  }
  return ran;
};

let turn: Promise<unknown> = Promise.resolve();

/** Runs the command in this process, one after another: what they print is told apart by whose turn it is. */
export const cartledger = (args: readonly string[]): Promise<Ran> => {
  const mine = turn.then(() => runOnce(args));
  turn = mine.catch(() => {});
  return mine;
};
