const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const isUnit = (unit: string): unit is keyof typeof UNIT_MS => Object.hasOwn(UNIT_MS, unit);

/** `7d`, `12h`, `30m`, `2s`, `500ms` in ms; null for anything else, a bare number too: it says no unit. */
export const parseDuration = (text: string): number | null => {
  const [, digits = '', unit = ''] = /^(\d{1,15})(ms|s|m|h|d)$/.exec(text) ?? [];
  if (!isUnit(unit)) return null;
  const ms = Number(digits) * UNIT_MS[unit];
  return Number.isSafeInteger(ms) ? ms : null;
};

/** The shortest that parseDuration reads as this many ms: in the largest unit that leaves nothing over. */
export const printDuration = (ms: number): string => {
  for (const unit of ['d', 'h', 'm', 's'] as const)
    if (ms >= UNIT_MS[unit] && ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`;
  return `${ms}ms`;
};
