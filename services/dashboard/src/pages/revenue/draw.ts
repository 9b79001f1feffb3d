import type { Draw, Frame } from '../../chart/canvas.tsx';
import type { Option } from '../../chart/echarts.ts';
import { drawRows, type Row, rowsHeight } from '../../chart/rows.ts';
import { tooltipNode, tooltipStyle } from '../../chart/tooltip.ts';
import { formatChange, formatMoney, formatMoneyBrief } from '../../format/money.ts';
import { BRIDGE_WORDS } from '../../words/revenue.ts';
import type { DrawnBar } from './waterfall.ts';

/** More bars than this have no room for their amounts side by side. */
const MOST_STANDING = 15;

export const waterfallHeights = (bars: number): { wide: number; narrow: number } => {
  const lying = rowsHeight(bars);
  return { wide: bars > MOST_STANDING ? lying : 330, narrow: lying };
};

const TOP = 28;
const BOTTOM = 46;

const amountOf = (bar: DrawnBar, currency: string): string =>
  bar.kind === 'total' ? formatMoney(bar.amount, currency) : formatChange(bar.amount, currency);
const toneOf = (bar: DrawnBar): Row['tone'] => (bar.kind === 'total' ? 'accent' : bar.amount < 0 ? 'loss' : 'accent-2');

const detailsOf = (bar: DrawnBar, currency: string): [string, string][] => {
  const parts = bar.parts.map(({ line, amount }): [string, string] => [
    BRIDGE_WORDS[line].label.replace('Orders without a cart: ', ''),
    formatChange(amount, currency),
  ]);
  return [
    ['Amount', amountOf(bar, currency)],
    ...(parts.length > 1 ? parts : []),
    ...(bar.kind === 'step' ? [['So far', formatMoney(bar.end, currency)] satisfies [string, string]] : []),
  ];
};

const standing = (bars: readonly DrawnBar[], currency: string, { palette, width, height }: Frame): Option => {
  const band = width / bars.length;
  const half = Math.min(64, band * 0.62) / 2;
  const low = Math.min(0, ...bars.flatMap(({ start, end }) => [start, end]));
  const high = Math.max(low + 1, ...bars.flatMap(({ start, end }) => [start, end]));
  const y = (value: number): number => height - BOTTOM - ((value - low) / (high - low)) * (height - BOTTOM - TOP);
  return {
    tooltip: {
      ...tooltipStyle(palette),
      trigger: 'item',
      formatter: (params) => {
        const bar = bars[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
        if (bar === undefined) return '';
        return tooltipNode(bar.label, detailsOf(bar, currency));
      },
    },
    grid: { left: 0, right: 0, top: TOP, bottom: BOTTOM },
    xAxis: {
      type: 'category',
      data: bars.map(({ short }) => short),
      axisTick: { show: false },
      axisLine: { onZero: false, lineStyle: { color: palette['line-strong'] } },
      axisLabel: {
        interval: 0,
        margin: 10,
        color: palette['ink-2'],
        fontFamily: palette.font,
        fontSize: 12,
        lineHeight: 15,
        width: band - 6,
        overflow: 'break',
      },
    },
    yAxis: { type: 'value', show: false, min: low, max: high },
    series: [
      {
        id: 'bridge',
        type: 'custom',
        data: bars.map(({ end }, index) => [index, end]),
        renderItem: ({ dataIndex: k }) => {
          const bar = bars[k];
          if (bar === undefined) return null;
          const centre = band * (k + 0.5);
          const [upper, lower] = [y(Math.max(bar.start, bar.end)), y(Math.min(bar.start, bar.end))];
          const connector =
            k + 1 === bars.length
              ? []
              : [
                  {
                    type: 'line' as const,
                    shape: { x1: centre + half, x2: centre + band - half, y1: y(bar.end), y2: y(bar.end) },
                    style: { stroke: palette['line-strong'], lineDash: [3, 3] },
                  },
                ];
          return {
            type: 'group',
            children: [
              ...connector,
              {
                type: 'rect',
                shape: { x: centre - half, y: upper, width: half * 2, height: Math.max(2, lower - upper), r: 3 },
                style: { fill: palette[toneOf(bar)] },
              },
              {
                type: 'text',
                style: {
                  x: centre,
                  y: upper - 17,
                  text: `${bar.kind === 'step' && bar.amount > 0 ? '+' : ''}${formatMoneyBrief(bar.amount, currency)}`,
                  align: 'center',
                  fill: palette.ink,
                  font: `${bar.kind === 'total' ? 640 : 450} 12px ${palette.font}`,
                },
              },
            ],
          };
        },
      },
    ],
  };
};

/** The waterfall: standing where there is room for its words, lying where there is not. */
export const drawWaterfall =
  (bars: readonly DrawnBar[], currency: string): Draw =>
  (frame) =>
    frame.narrow || bars.length > MOST_STANDING
      ? drawRows(
          bars.map((bar) => ({
            name: bar.short,
            value: amountOf(bar, currency),
            start: bar.start,
            end: bar.end,
            tone: toneOf(bar),
            strong: bar.kind === 'total',
            details: detailsOf(bar, currency),
          })),
        )(frame)
      : standing(bars, currency, frame);
