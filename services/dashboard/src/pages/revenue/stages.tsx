import { useMemo } from 'react';
import type { WireRevenue } from '../../api/wire.ts';
import type { Draw } from '../../chart/canvas.tsx';
import { Figure } from '../../chart/figure.tsx';
import { tooltipNode, tooltipStyle } from '../../chart/tooltip.ts';
import { formatMoney, formatMoneyShort } from '../../format/money.ts';
import { formatCount } from '../../format/number.ts';
import { type Column, DataTable } from '../../ui/table.tsx';
import { STAGE_COLUMNS } from '../../words/revenue.ts';
import { shortStageLabel, stageLabel } from '../../words/stage.ts';

type Revenue = WireRevenue['currencies'][string];
type Stage = Revenue['stages'][number];

const PARTS = [
  { key: 'left', label: 'Left', tone: 'loss' },
  { key: 'standing', label: 'Standing', tone: 'wait' },
  { key: 'emptied', label: 'Emptied', tone: 'void' },
] as const;

/** What stays behind at each stage. Purchase holds nothing back and is not drawn. */
export const drawStages =
  (stages: readonly Stage[], currency: string): Draw =>
  ({ palette, narrow }) => ({
    tooltip: {
      ...tooltipStyle(palette),
      trigger: 'axis',
      axisPointer: { type: 'none' },
      formatter: (params) => {
        const stage = stages[(Array.isArray(params) ? params[0] : params)?.dataIndex ?? 0];
        if (stage === undefined) return '';
        const rows = PARTS.map(({ key, label }) => [label, formatMoney(stage[key], currency)] as const);
        return tooltipNode(stageLabel(stage.stage), [['Reached', formatMoney(stage.reached, currency)], ...rows]);
      },
    },
    grid: { left: narrow ? 0 : 68, right: 0, top: 8, bottom: 28 },
    xAxis: {
      type: 'category',
      data: stages.map(({ stage }) => shortStageLabel(stage)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette['line-strong'] } },
      axisLabel: { interval: 0, color: palette['ink-2'], fontFamily: palette.font, fontSize: narrow ? 11 : 12 },
    },
    yAxis: {
      type: 'value',
      show: !narrow,
      splitNumber: 3,
      splitLine: { lineStyle: { color: palette.line } },
      axisLabel: {
        color: palette['ink-2'],
        fontFamily: palette.font,
        fontSize: 12,
        formatter: (value: number) => formatMoneyShort(value, currency),
      },
    },
    series: PARTS.map(({ key, label, tone }) => ({
      id: key,
      name: label,
      type: 'bar',
      stack: 'behind',
      barMaxWidth: 64,
      data: stages.map((stage) => stage[key]),
      itemStyle: { color: palette[tone] },
    })),
  });

const columnsOf = (currency: string): readonly Column<Stage>[] => {
  const money = (key: 'reached' | 'left' | 'standing' | 'emptied' | 'recovered', head: string): Column<Stage> => ({
    key,
    head,
    meaning: STAGE_COLUMNS[key],
    cell: (stage) => formatMoney(stage[key], currency),
  });
  return [
    { key: 'stage', head: 'Stage', cell: ({ stage }) => stageLabel(stage) },
    { key: 'carts', head: 'Carts', meaning: STAGE_COLUMNS.carts, cell: ({ carts }) => formatCount(carts) },
    money('reached', 'Reached'),
    money('left', 'Left'),
    money('standing', 'Standing'),
    money('emptied', 'Emptied'),
    money('recovered', 'Recovered'),
  ];
};

const HEIGHT = 240;

export const Stages = ({ stages, currency }: { stages: readonly Stage[]; currency: string }) => {
  const held = useMemo(() => stages.filter(({ stage }) => stage !== 'purchase'), [stages]);
  const draw = useMemo(() => drawStages(held, currency), [held, currency]);
  const said = held.map(({ stage, left }) => `${stageLabel(stage)} ${formatMoney(left, currency)}`).join(', ');
  return (
    <>
      <Figure label={`Value left behind by stage: ${said}.`} heights={{ wide: HEIGHT, narrow: HEIGHT }} draw={draw} />
      <p className="legend" aria-hidden="true">
        {PARTS.map(({ key, label, tone }) => (
          <span key={key}>
            <span className="swatch" style={{ '--swatch': `var(--${tone})` }} />
            {label}
          </span>
        ))}
      </p>
      <DataTable
        caption={`Cart value by stage, ${currency}`}
        rows={stages}
        rowKey={({ stage }) => stage}
        columns={columnsOf(currency)}
        rowKind={({ stage }) => (stage === 'purchase' ? 'total' : undefined)}
      />
    </>
  );
};
