import { parseDuration } from '@cartledger/control';
import { InvalidArgumentError } from 'commander';

/** A moment as RFC 3339: given so, as a day (its beginning, UTC), or as a span before now (`2h`, `7d`). */
export const moment = (text: string): string => {
  const ago = parseDuration(text);
  if (ago !== null) return new Date(Date.now() - ago).toISOString();
  const isDated = /^\d{4}-\d{2}-\d{2}($|T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$)/.test(text);
  const ms = Date.parse(text);
  if (isDated && !Number.isNaN(ms)) return new Date(ms).toISOString();
  throw new InvalidArgumentError('give a time such as 2026-11-22T10:00Z, a day, or how long ago: 2h, 7d.');
};
