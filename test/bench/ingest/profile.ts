/** Where a process of Node spent its time, by a profile of --cpu-prof. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const profile = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** Not work of the process. */
const IDLE = new Set(['(idle)', '(root)']);

/** `packages/event-log/src/x.ts`, the package's name for code of others, or Node's own `node:x`. */
const placeOf = (url: string, functionName: string): string => {
  if (url === '') return functionName;
  const [, theirs] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (theirs !== undefined) return theirs;
  return /(?:packages|services)\/.+$/.exec(url)?.[0] ?? url;
};

export type Hot = { what: string; seconds: number; share: number };

const largest = (seconds: ReadonlyMap<string, number>, total: number, count: number): Hot[] =>
  [...seconds]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([what, n]) => ({ what, seconds: Number(n.toFixed(2)), share: Number((n / total).toFixed(3)) }));

/** Own time of files and of functions, the largest first, of the only profile in a directory. */
export const readProfile = (dir: string, count = 25): { seconds: number; files: Hot[]; functions: Hot[] } => {
  const [file] = readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`no profile in ${dir}: the worker did not end by itself`);
  const { nodes, samples, timeDeltas } = profile.parse(JSON.parse(readFileSync(join(dir, file), 'utf8')));
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [files, functions] = [new Map<string, number>(), new Map<string, number>()];
  let total = 0;
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || IDLE.has(frame.functionName)) continue;
    const seconds = (timeDeltas[i] ?? 0) / 1e6;
    const place = placeOf(frame.url, frame.functionName);
    const at = frame.url === '' ? place : `${place}:${frame.lineNumber + 1} ${frame.functionName}`;
    files.set(place, (files.get(place) ?? 0) + seconds);
    functions.set(at, (functions.get(at) ?? 0) + seconds);
    total += seconds;
  }
  return { seconds: total, files: largest(files, total, count), functions: largest(functions, total, count) };
};
