import { useCallback, useSyncExternalStore } from 'react';

/** The system's theme unless the reader chose the other one. `theme.js` applies the choice before the first paint. */
export type Theme = 'light' | 'dark';
const KEY = 'cartledger.theme';
const system = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

const systemTheme = (): Theme => (system.matches ? 'dark' : 'light');

const currentTheme = (): Theme => {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'light' || chosen === 'dark' ? chosen : systemTheme();
};

const changed = (): void => {
  for (const listener of listeners) listener();
};
system.addEventListener('change', changed);

/** Choosing what the system has anyway goes back to following it. */
const choose = (theme: Theme): void => {
  const { dataset } = document.documentElement;
  if (theme === systemTheme()) {
    delete dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  }
  changed();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useTheme = (): { theme: Theme; toggle: () => void } => {
  const theme = useSyncExternalStore(subscribe, currentTheme);
  const toggle = useCallback(() => choose(theme === 'dark' ? 'light' : 'dark'), [theme]);
  return { theme, toggle };
};
