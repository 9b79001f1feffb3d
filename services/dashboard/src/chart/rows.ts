import type { Draw } from './canvas.tsx';
import { tooltipNode, tooltipStyle } from './tooltip.ts';

export type Row = {
  name: string;
  value: string;
  /** The bar, between these on the common scale; a zero-width one is a thin mark. */
  start: number;
  end: number;
  tone: 'accent' | 'accent-2' | 'loss' | 'wait';
  strong?: boolean;
  details: readonly (readonly [string, string])[];
};

const ROW = 44;
const BAR = 10;
export const rowsHeight = (rows: number): number => rows * ROW - 8;

/** Lying bars, each under a line with its name and its value. Reads well at any width. */
export const drawRows =
  (rows: readonly Row[]): Draw =>
  ({ width, palette }) => {
    const low = Math.min(0, ...rows.flatMap(({ start, end }) => [start, end]));
    const high = Math.max(0, ...rows.flatMap(({ start, end }) => [start, end]));
    const x = (value: number): number => (high === low ? 0 : ((value - low) / (high - low)) * width);
    return {
      tooltip: {
        ...tooltipStyle(palette),
        trigger: 'item',
        formatter: (params) => {
          const row = rows[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
          return row === undefined ? '' : tooltipNode(row.name, row.details);
        },
      },
      grid: { left: 0, right: 0, top: 0, bottom: 0 },
      xAxis: { type: 'value', show: false, min: low, max: high === low ? low + 1 : high },
      yAxis: { type: 'category', show: false, inverse: true, data: rows.map(({ name }) => name) },
      series: [
        {
          id: 'rows',
          type: 'custom',
          data: rows.map(({ end }, index) => [end, index]),
          renderItem: ({ dataIndex: k }) => {
            const row = rows[k];
            if (row === undefined) return null;
            const y = k * ROW;
            const [left, right] = [x(Math.min(row.start, row.end)), x(Math.max(row.start, row.end))];
            const text = (at: number, words: string, align: 'left' | 'right') => ({
              type: 'text' as const,
              style: {
                x: at,
                y: y + 2,
                text: words,
                align,
                fill: palette.ink,
                font: `${row.strong === true ? 640 : 450} 13px ${palette.font}`,
                ...(align === 'left'
                  ? { width: width - row.value.length * 7.4 - 8, overflow: 'truncate' as const }
                  : {}),
              },
            });
            return {
              type: 'group',
              children: [
                {
                  type: 'rect',
                  shape: { x: 0, y: y + 20, width, height: BAR, r: 3 },
                  style: { fill: palette.sunken },
                },
                {
                  type: 'rect',
                  shape: { x: left, y: y + 20, width: Math.max(2, right - left), height: BAR, r: 3 },
                  style: { fill: palette[row.tone] },
                },
                text(0, row.name, 'left'),
                text(width, row.value, 'right'),
              ],
            };
          },
        },
      ],
    };
  };
