/** The store's own `properties`: any JSON, kept as sent, within bounds. */
import { MAX_PROPERTIES_BYTES, MAX_PROPERTIES_DEPTH } from './limits.ts';
import type { RejectCode } from './reject.ts';
import { isWellFormed } from './text.ts';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What JSON.parse makes: no instances, whose toJSON could write something else than was looked at. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

const problemAt = (value: unknown, levelsLeft: number): RejectCode | null => {
  if (typeof value === 'string') return isWellFormed(value) ? null : 'bad_text';
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'bad_properties';
  if (value === null || typeof value === 'boolean') return null;
  // Bounded before recursing: 30,000 brackets fit into an event and would overflow the stack of whoever writes it.
  if (typeof value !== 'object' || levelsLeft === 0) return 'bad_properties';
  if (Array.isArray(value)) {
    for (const element of value) {
      const problem = problemAt(element, levelsLeft - 1);
      if (problem !== null) return problem;
    }
    return null;
  }
  if (!isPlain(value)) return 'bad_properties';
  for (const [key, element] of Object.entries(value)) {
    const problem = isWellFormed(key) ? problemAt(element, levelsLeft - 1) : 'bad_text';
    if (problem !== null) return problem;
  }
  return null;
};

/** What is wrong with an object as `properties`; null when nothing is. */
export const propertiesProblem = (value: Record<string, unknown>): RejectCode | null => {
  const problem = problemAt(value, MAX_PROPERTIES_DEPTH);
  if (problem !== null) return problem;
  const json = JSON.stringify(value);
  // No UTF-16 unit takes more than three bytes: most properties need no count.
  if (json.length * 3 <= MAX_PROPERTIES_BYTES) return null;
  return Buffer.byteLength(json) > MAX_PROPERTIES_BYTES ? 'properties_too_large' : null;
};
