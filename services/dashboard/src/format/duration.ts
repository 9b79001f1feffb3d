import { NONE } from './locale.ts';

const UNITS = [
  { ms: 86_400_000, name: 'd' },
  { ms: 3_600_000, name: 'h' },
  { ms: 60_000, name: 'min' },
  { ms: 1_000, name: 's' },
] as const;

const unitOf = (ms: number): number => UNITS.findIndex((unit) => ms >= unit.ms);

/** Two units at most, rounded to the smaller: "2 d 3 h", "4 min 12 s", "0.4 s". */
export const formatDuration = (ms: number | null): string => {
  if (ms === null) return NONE;
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  const step = UNITS[Math.min(unitOf(ms) + 1, UNITS.length - 1)]?.ms ?? 1;
  // Rounding may have filled the larger unit: 59 min 59.7 s is 1 h.
  const rounded = Math.round(ms / step) * step;
  const at = unitOf(rounded);
  const [big, small] = [UNITS[at], UNITS[at + 1]];
  if (big === undefined) return NONE;
  const count = Math.floor(rounded / big.ms);
  const rest = small === undefined ? 0 : Math.floor((rounded - count * big.ms) / small.ms);
  return small === undefined || rest === 0 ? `${count} ${big.name}` : `${count} ${big.name} ${rest} ${small.name}`;
};
