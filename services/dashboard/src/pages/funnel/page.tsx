import { useMemo } from 'react';
import type { WireFunnel } from '../../api/wire.ts';
import { Figure } from '../../chart/figure.tsx';
import { formatDuration } from '../../format/duration.ts';
import { NONE } from '../../format/locale.ts';
import { formatCount, formatRate } from '../../format/number.ts';
import { ReportPage } from '../../layout/report-page.tsx';
import { useShop } from '../../layout/shop.ts';
import { Card } from '../../ui/card.tsx';
import { type Kpi, Kpis } from '../../ui/kpi.tsx';
import { PageSkeleton } from '../../ui/skeleton.tsx';
import { type Column, DataTable } from '../../ui/table.tsx';
import { FUNNEL_COLUMNS, funnelRule } from '../../words/funnel.ts';
import { stageLabel, unitWords } from '../../words/stage.ts';
import { drawFunnel, funnelHeights } from './draw.ts';
import { describeFunnel, largestDrop, type Stage } from './summary.ts';

const COLUMNS: readonly Column<Stage>[] = [
  { key: 'stage', head: 'Stage', cell: ({ stage }) => stageLabel(stage) },
  { key: 'units', head: 'Reached', meaning: FUNNEL_COLUMNS.units, cell: ({ units }) => formatCount(units) },
  {
    key: 'previous',
    head: 'From previous',
    meaning: FUNNEL_COLUMNS.previous,
    cell: (stage) => formatRate(stage.conversion_from_previous),
  },
  {
    key: 'first',
    head: 'From first',
    meaning: FUNNEL_COLUMNS.first,
    cell: (stage) => formatRate(stage.conversion_from_first),
  },
  {
    key: 'dropped',
    head: 'Dropped after',
    meaning: FUNNEL_COLUMNS.dropped,
    cell: ({ dropped }) => formatCount(dropped),
  },
  {
    key: 'median',
    head: 'Median to next',
    meaning: FUNNEL_COLUMNS.median,
    cell: (stage) => formatDuration(stage.median_ms_to_next),
  },
  {
    key: 'p90',
    head: '90% within',
    meaning: FUNNEL_COLUMNS.p90,
    cell: (stage) => formatDuration(stage.p90_ms_to_next),
  },
  { key: 'any', head: 'Did it at all', meaning: FUNNEL_COLUMNS.any, cell: (stage) => formatCount(stage.units_any) },
];

const kpisOf = ({ stages, unit }: WireFunnel): Kpi[] => {
  const [first, last] = [stages[0], stages.at(-1)];
  const drop = largestDrop(stages);
  if (first === undefined || last === undefined) return [];
  const { many } = unitWords(unit);
  return [
    {
      label: `Started (${stageLabel(first.stage).toLowerCase()})`,
      meaning: FUNNEL_COLUMNS.units,
      value: formatCount(first.units),
      note: many,
    },
    {
      label: `Finished (${stageLabel(last.stage).toLowerCase()})`,
      meaning: FUNNEL_COLUMNS.units,
      value: formatCount(last.units),
      note: many,
    },
    {
      label: 'Conversion',
      meaning: `Reached ${stageLabel(last.stage).toLowerCase()} ÷ reached ${stageLabel(first.stage).toLowerCase()}.`,
      value: formatRate(last.conversion_from_first),
      note: 'first to last stage',
    },
    {
      label: 'Largest drop-off',
      meaning: 'The step that loses the largest share of those who reached it.',
      value: drop === null ? NONE : formatRate(drop.share),
      note: drop === null ? undefined : `${stageLabel(drop.from.stage)} → ${stageLabel(drop.to.stage).toLowerCase()}`,
    },
  ];
};

const titleOf = (stages: readonly Stage[]): string => {
  const [first, last] = [stages[0], stages.at(-1)];
  return first === undefined || last === undefined
    ? 'Stages'
    : `From ${stageLabel(first.stage).toLowerCase()} to ${stageLabel(last.stage).toLowerCase()}`;
};

type Targets = Readonly<Record<string, number>>;

const NO_TARGETS: Targets = {};

/** Beside the conversion, what the store aims at, where it aims at something. */
const columnsWith = (targets: Targets): readonly Column<Stage>[] => {
  if (Object.keys(targets).length === 0) return COLUMNS;
  const target: Column<Stage> = {
    key: 'target',
    head: 'Target',
    meaning: FUNNEL_COLUMNS.target,
    cell: ({ stage, conversion_from_first }) => {
      const aim = targets[stage];
      if (aim === undefined) return NONE;
      const reached = conversion_from_first === null ? '' : conversion_from_first >= aim ? ' reached' : ' missed';
      return `${formatRate(aim)}${reached}`;
    },
  };
  return COLUMNS.flatMap((column) => (column.key === 'first' ? [column, target] : [column]));
};

export const Funnel = ({ report, targets = NO_TARGETS }: { report: WireFunnel; targets?: Targets | undefined }) => {
  const { stages } = report;
  const columns = useMemo(() => columnsWith(targets), [targets]);
  const draw = useMemo(() => drawFunnel(stages), [stages]);
  return (
    <>
      <Kpis label="Key numbers" kpis={kpisOf(report)} />
      <Card title={titleOf(stages)} note={funnelRule(report.unit, report.mode, report.window_ms)}>
        <Figure label={describeFunnel(report)} heights={funnelHeights(stages.length)} draw={draw} />
      </Card>
      <Card title="Stage by stage">
        <DataTable caption="Funnel stages" rows={stages} rowKey={({ stage }) => stage} columns={columns} />
      </Card>
    </>
  );
};

const FunnelOfShop = ({ report }: { report: WireFunnel }) => (
  <Funnel report={report} targets={useShop().store.targets} />
);

export const FunnelPage = () => (
  <ReportPage
    name="funnel"
    title="Funnel"
    isEmpty={({ stages }) => stages.every(({ units_any }) => units_any === 0)}
    skeleton={<PageSkeleton kpis={4} chart={funnelHeights(5)} />}
  >
    {(report) => <FunnelOfShop report={report} />}
  </ReportPage>
);
