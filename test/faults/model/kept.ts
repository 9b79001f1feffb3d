import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A tape with few decisions besides 0, by their place. */
const kept = z.object({
  /** What it has found, or finds. */
  about: z.string(),
  decisions: z.record(z.string().regex(/^\d+$/), z.int()),
});
type Kept = z.infer<typeof kept>;

export const toKept = (about: string, tape: readonly number[]): Kept => ({
  about,
  decisions: Object.fromEntries(tape.flatMap((value, at) => (value === 0 ? [] : [[String(at), value]]))),
});

const tapeOf = ({ decisions }: Kept): number[] => {
  const tape: number[] = [];
  for (const [at, value] of Object.entries(decisions)) tape[Number(at)] = value;
  return Array.from(tape, (value) => value ?? 0);
};

export const readTape = (path: string): { about: string; tape: number[] } => {
  const read = kept.parse(JSON.parse(readFileSync(path, 'utf8')));
  return { about: read.about, tape: tapeOf(read) };
};
