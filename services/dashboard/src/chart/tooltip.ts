import type { Palette } from '../theme/palette.ts';
import type { Option } from './echarts.ts';

/** A chart's tooltip as elements: names that stores choose are text and never markup. */
export const tooltipNode = (title: string, rows: readonly (readonly [string, string])[]): HTMLElement => {
  const node = document.createElement('div');
  node.className = 'chart-tip';
  const add = (tag: string, text: string): void => {
    const element = document.createElement(tag);
    element.textContent = text;
    node.append(element);
  };
  add('strong', title);
  for (const [name, value] of rows) {
    add('span', name);
    add('span', value);
  }
  return node;
};

export const tooltipStyle = (palette: Palette): NonNullable<Option['tooltip']> => ({
  confine: true,
  transitionDuration: 0.15,
  backgroundColor: palette.card,
  borderColor: palette.line,
  padding: [8, 12],
  textStyle: { color: palette.ink, fontFamily: palette.font, fontSize: 13 },
  extraCssText: 'border-radius:10px;box-shadow:var(--shadow-over)',
});
