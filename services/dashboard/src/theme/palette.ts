import type { Theme } from './theme.ts';

/** The design's colours as charts need them: resolved, since a canvas or an SVG attribute knows no light-dark(). */
const NAMES = [
  'card',
  'sunken',
  'line',
  'line-strong',
  'ink',
  'ink-2',
  'ink-3',
  'accent',
  'accent-2',
  'accent-soft',
  'loss',
  'loss-2',
  'loss-soft',
  'wait',
  'wait-2',
  'void',
  'alarm',
] as const;
export type Palette = Record<(typeof NAMES)[number], string> & { font: string };

/** Read anew for each theme; `theme` is an argument so that a caller cannot forget it in its dependencies. */
export const readPalette = (_theme: Theme): Palette => {
  const probe = document.createElement('span');
  document.body.append(probe);
  const style = getComputedStyle(probe);
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return style.color;
  };
  const colours = Object.fromEntries(NAMES.map((name) => [name, colour(name)]));
  const palette = { ...FALLBACK, ...colours, font: style.fontFamily };
  probe.remove();
  return palette;
};

/** For where there is no page to read: tests. */
export const FALLBACK: Palette = {
  card: '#fff',
  sunken: '#eee',
  line: '#ddd',
  'line-strong': '#bbb',
  ink: '#111',
  'ink-2': '#555',
  'ink-3': '#777',
  accent: '#0b6e5f',
  'accent-2': '#6fb3a7',
  'accent-soft': '#e3f1ee',
  loss: '#b3522b',
  'loss-2': '#dfa488',
  'loss-soft': '#fbece5',
  wait: '#56739b',
  'wait-2': '#adc0da',
  void: '#b9b4aa',
  alarm: '#a8201a',
  font: 'sans-serif',
};
