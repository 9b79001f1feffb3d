import type { Draw, Frame } from '../../chart/canvas.tsx';
import type { Option } from '../../chart/echarts.ts';
import { tooltipNode, tooltipStyle } from '../../chart/tooltip.ts';
import { formatDuration } from '../../format/duration.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { stageLabel } from '../../words/stage.ts';
import type { Stage } from './summary.ts';

const TOP = 46;
const BOTTOM = 34;
const ROW = 86;
const BAR = 24;

/** More stages than this have no room to stand side by side. */
const MOST_STANDING = 8;

export const funnelHeights = (stages: number): { wide: number; narrow: number } => {
  const lying = stages * ROW - (ROW - BAR - 26);
  return { wide: stages > MOST_STANDING ? lying : 348, narrow: lying };
};

const lost = (stage: Stage): string => (stage.dropped === 0 ? '0 left' : `−${formatCount(stage.dropped)}`);

const tooltip = (stages: readonly Stage[], frame: Frame): NonNullable<Option['tooltip']> => ({
  ...tooltipStyle(frame.palette),
  trigger: 'item',
  formatter: (params) => {
    const at = Array.isArray(params) ? params[0] : params;
    const stage = stages[at?.dataIndex ?? 0];
    if (stage === undefined) return '';
    return tooltipNode(stageLabel(stage.stage), [
      ['Reached', formatCount(stage.units)],
      ['From previous', formatRate(stage.conversion_from_previous)],
      ['From first', formatRate(stage.conversion_from_first)],
      ['Dropped after', formatCount(stage.dropped)],
      ['Median to next', formatDuration(stage.median_ms_to_next)],
    ]);
  },
});

/** Columns, and between each two the part that went on narrowing to the next. */
const standing = (stages: readonly Stage[], frame: Frame): Option => {
  const { palette, width, height } = frame;
  const band = width / stages.length;
  const bar = Math.min(112, Math.round(band * 0.46));
  const gap = band - bar;
  const chip = Math.min(84, gap - 8);
  const floor = height - BOTTOM;
  const top = Math.max(1, ...stages.map(({ units }) => units));
  const y = (units: number): number => floor - (units / top) * (floor - TOP);
  return {
    tooltip: tooltip(stages, frame),
    grid: { left: 0, right: 0, top: TOP, bottom: BOTTOM },
    xAxis: {
      type: 'category',
      data: stages.map(({ stage }) => stageLabel(stage)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette['line-strong'] } },
      axisLabel: {
        interval: 0,
        margin: 12,
        color: palette.ink,
        fontFamily: palette.font,
        fontSize: 13,
        width: band - 8,
        overflow: 'truncate',
      },
    },
    yAxis: { type: 'value', show: false, min: 0, max: top },
    series: [
      {
        id: 'flow',
        type: 'custom',
        silent: true,
        data: stages.slice(0, -1).map(({ units }, index) => [index, units]),
        renderItem: ({ dataIndex: k }) => {
          const [from, to] = [stages[k], stages[k + 1]];
          if (from === undefined || to === undefined) return null;
          const left = band * k + (band + bar) / 2;
          const text = (line: number, words: string, strong: boolean) => ({
            type: 'text' as const,
            style: {
              x: left + gap / 2,
              y: floor - 60 + line * 17,
              text: words,
              align: 'center' as const,
              fill: strong ? palette.ink : palette['ink-2'],
              font: `${strong ? 620 : 400} ${strong ? 13 : 12}px ${palette.font}`,
            },
          });
          return {
            type: 'group',
            children: [
              {
                type: 'polygon',
                shape: {
                  points: [
                    [left, y(from.units)],
                    [left + gap, y(to.units)],
                    [left + gap, floor],
                    [left, floor],
                  ],
                },
                style: { fill: palette['accent-soft'] },
              },
              {
                type: 'rect',
                shape: { x: left + gap / 2 - chip / 2, y: floor - 66, width: chip, height: 58, r: 8 },
                style: { fill: palette.card, opacity: 0.9 },
              },
              text(0, formatRate(to.conversion_from_previous), true),
              ...(gap < 74
                ? []
                : [
                    text(1, lost(from), false),
                    text(2, from.median_ms_to_next === null ? '' : formatDuration(from.median_ms_to_next), false),
                  ]),
            ],
          };
        },
      },
      {
        id: 'units',
        type: 'bar',
        barWidth: bar,
        data: stages.map(({ units }) => units),
        itemStyle: { color: palette.accent, borderRadius: [5, 5, 0, 0] },
        label: {
          show: true,
          position: 'top',
          distance: 8,
          fontFamily: palette.font,
          formatter: ({ dataIndex }) => {
            const stage = stages[dataIndex];
            return stage === undefined
              ? ''
              : `{units|${formatCount(stage.units)}}\n{rate|${formatRate(stage.conversion_from_first)}}`;
          },
          rich: {
            units: { color: palette.ink, fontSize: 15, fontWeight: 620, lineHeight: 19, fontFamily: palette.font },
            rate: { color: palette['ink-2'], fontSize: 12, lineHeight: 16, fontFamily: palette.font },
          },
        },
      },
    ],
  };
};

/** The same lying down, for narrow pages: a line of words above each bar, what went on below it. */
const lying = (stages: readonly Stage[], frame: Frame): Option => {
  const { palette, width } = frame;
  const top = Math.max(1, ...stages.map(({ units }) => units));
  const w = (units: number): number => Math.max(2, (units / top) * width);
  return {
    tooltip: tooltip(stages, frame),
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: top },
    yAxis: { type: 'category', show: false, inverse: true, data: stages.map(({ stage }) => stage) },
    series: [
      {
        id: 'stages',
        type: 'custom',
        data: stages.map(({ units }, index) => [units, index]),
        renderItem: ({ dataIndex: k }) => {
          const [from, to] = [stages[k], stages[k + 1]];
          if (from === undefined) return null;
          const y = k * ROW;
          const text = (x: number, dy: number, words: string, align: 'left' | 'right', strong: boolean) => ({
            type: 'text' as const,
            style: {
              x,
              y: y + dy,
              text: words,
              align,
              fill: strong ? palette.ink : palette['ink-2'],
              font: `${strong ? 600 : 400} ${strong ? 14 : 12}px ${palette.font}`,
            },
          });
          const flow =
            to === undefined
              ? []
              : [
                  {
                    type: 'polygon' as const,
                    shape: {
                      points: [
                        [0, y + 22 + BAR],
                        [w(from.units), y + 22 + BAR],
                        [w(to.units), y + ROW],
                        [0, y + ROW],
                      ],
                    },
                    style: { fill: palette['accent-soft'] },
                  },
                  text(
                    8,
                    22 + BAR + 13,
                    `${formatRate(to.conversion_from_previous)} go on · ${lost(from)}${from.median_ms_to_next === null ? '' : ` · ${formatDuration(from.median_ms_to_next)}`}`,
                    'left',
                    false,
                  ),
                ];
          return {
            type: 'group',
            children: [
              ...flow,
              {
                type: 'rect',
                shape: { x: 0, y: y + 22, width: w(from.units), height: BAR, r: [0, 5, 5, 0] },
                style: { fill: palette.accent },
              },
              text(0, 2, stageLabel(from.stage), 'left', true),
              text(width, 2, formatCount(from.units), 'right', true),
            ],
          };
        },
      },
    ],
  };
};

export const drawFunnel =
  (stages: readonly Stage[]): Draw =>
  (frame) =>
    frame.narrow || stages.length > MOST_STANDING ? lying(stages, frame) : standing(stages, frame);
