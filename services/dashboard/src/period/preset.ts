import { addDays, type Day, lengthOf, type Period, startOfMonth } from './day.ts';

export const PRESETS = [
  { id: 'today', label: 'Today' },
  { id: 'yesterday', label: 'Yesterday' },
  { id: 'last-7-days', label: 'Last 7 days' },
  { id: 'last-28-days', label: 'Last 28 days' },
  { id: 'last-30-days', label: 'Last 30 days' },
  { id: 'this-month', label: 'This month' },
  { id: 'last-month', label: 'Last month' },
] as const;
export type Preset = (typeof PRESETS)[number]['id'];
export const DEFAULT_PRESET: Preset = 'last-30-days';

export const isPreset = (text: string | null | undefined): text is Preset => PRESETS.some(({ id }) => id === text);

const lastDays = (today: Day, days: number): Period => ({ from: addDays(today, 1 - days), to: today });

/** The days a preset means on `today`; "last n days" end with today. */
export const periodOf = (preset: Preset, today: Day): Period => {
  switch (preset) {
    case 'today':
      return lastDays(today, 1);
    case 'yesterday':
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case 'last-7-days':
      return lastDays(today, 7);
    case 'last-28-days':
      return lastDays(today, 28);
    case 'last-30-days':
      return lastDays(today, 30);
    case 'this-month':
      return { from: startOfMonth(today), to: today };
    case 'last-month': {
      const to = addDays(startOfMonth(today), -1);
      return { from: startOfMonth(to), to };
    }
  }
};

/** As long as the reports are made for. */
const MAX_DAYS = 1_100;

/** A whole period must be in order and at most three years long; null when it is, else what to tell its author. */
export const problemOf = (period: Period): string | null => {
  if (period.from > period.to) return 'The first day is after the last.';
  if (lengthOf(period) > MAX_DAYS) return 'At most three years at once.';
  return null;
};
