import { type FunnelBreakdown, type FunnelStage, type JourneyRow, NO_VALUE, stagesOf } from '@cartledger/funnel';
import { ReportError } from '../errors.ts';
import { foldBreakdown } from './breakdown.ts';
import type { FunnelPlan } from './plan.ts';
import { foldStages, type StepTimes, type Tally } from './stages.ts';

/** Values (of several at once: their combinations) that are held while a funnel is computed: some 100 MB. */
const MAX_CELLS = 100_000;

type Period = { from: string; to: string };

/** As COUNTED says it in SQL. */
export const isCounted = (row: JourneyRow, { from, to }: Period): boolean =>
  row.hit > 0 && row.counted_after < from && row.counted_before > to;

/** As anyOf says it in SQL, for each stage. */
export const anyBits = ({ any, any_after }: JourneyRow, { from }: Period): number => {
  let bits = 0;
  let i = 0;
  for (let k = 0; k < 32; k++) {
    if (((any >>> k) & 1) === 0) continue;
    if ((any_after[i] ?? '') < from) bits |= 1 << k;
    i++;
  }
  return bits;
};

export const valuesIn = ({ dimensions }: JourneyRow, by: string): string[] => {
  const values = dimensions.filter(({ name }) => name === by).map(({ value }) => value);
  return values.length === 0 ? [NO_VALUE] : values;
};

/** Units that stand under the same values. */
type Cell = {
  values: readonly string[];
  /** Units by the stages their counted chain hit. */
  units: Map<number, number>;
  any: number[];
  /** ms to next, by stage. */
  ms: number[][];
};

const quantile = (sorted: Float64Array, tenths: number): number =>
  sorted[Math.ceil((tenths * sorted.length) / 10) - 1] ?? 0;

const timesOf = (cells: readonly Cell[], stages: number): StepTimes[] =>
  Array.from({ length: stages }, (_, step) => ({
    step,
    sorted: Float64Array.from(cells.flatMap((cell) => cell.ms[step] ?? [])).sort(),
  }))
    .filter(({ sorted }) => sorted.length > 0)
    .map(({ step, sorted }) => ({ step, median: quantile(sorted, 5), p90: quantile(sorted, 9) }));

const talliesOf = (cells: readonly Cell[], stages: number): Tally[] => {
  const units = new Map<number, number>();
  const any = Array.from({ length: stages }, () => 0);
  for (const cell of cells) {
    for (const [bits, n] of cell.units) units.set(bits, (units.get(bits) ?? 0) + n);
    cell.any.forEach((n, k) => {
      any[k] = (any[k] ?? 0) + n;
    });
  }
  return [{ bits: 0, units: 0, units_any: any }, ...[...units].map(([bits, n]) => ({ bits, units: n, units_any: [] }))];
};

/** Of stages the last day, of all history, with an event that matched; a stage that none ever did is not among them. */
export type LastSeen = ReadonlyMap<string, string>;

export type RowFold = {
  /** Rows of other funnels and of bots count nowhere, those of other days in `lastSeen` alone. */
  add(row: JourneyRow): void;
  finish(limit: number): { stages: FunnelStage[]; leads: number; lastSeen: LastSeen; breakdown?: FunnelBreakdown };
};

/** Notes the day of each stage that an event matched, by the stages of the version that the row is counted by. */
const createLastSeen = ({ funnel, versions }: Pick<FunnelPlan, 'funnel' | 'versions'>) => {
  const stages = new Map(versions.map(({ definition }) => [definition.version, stagesOf(definition, funnel)]));
  const lastSeen = new Map<string, string>();
  const note = ({ definition_version, any, day }: JourneyRow): void => {
    for (const [k, stage] of (stages.get(definition_version) ?? []).entries())
      if (((any >>> k) & 1) === 1 && day > (lastSeen.get(stage) ?? '')) lastSeen.set(stage, day);
  };
  return { note, lastSeen };
};

/** Counts journeys row by row as the ledger's queries do: no visitor is remembered but for `leads`. */
export const createRowFold = (plan: FunnelPlan, period: Period): RowFold => {
  const { key, stages, breakdown: by } = plan;
  const { note, lastSeen } = createLastSeen(plan);
  const cells = new Map<string, Cell>();
  const leads = new Set<string>();

  const cellOf = (values: readonly string[]): Cell => {
    const name = JSON.stringify(values);
    let cell = cells.get(name);
    if (!cell) {
      if (cells.size === MAX_CELLS)
        throw new ReportError(
          'too_large',
          'breakdown',
          `${by} has more than ${MAX_CELLS} values in the period, too many to compare; ask for fewer days`,
        );
      cell = { values, units: new Map(), any: stages.map(() => 0), ms: stages.map(() => []) };
      cells.set(name, cell);
    }
    return cell;
  };

  return {
    add: (row) => {
      if (row.funnel !== key || row.excluded) return;
      note(row);
      if (row.day < period.from || row.day > period.to) return;
      if (row.any > 0) leads.add(row.visitor_id);
      const counted = isCounted(row, period);
      const bits = anyBits(row, period);
      if (!counted && bits === 0) return;
      const cell = cellOf(by === null ? [] : valuesIn(row, by));
      cell.any.forEach((n, k) => {
        cell.any[k] = n + ((bits >>> k) & 1);
      });
      if (!counted) return;
      cell.units.set(row.hit, (cell.units.get(row.hit) ?? 0) + 1);
      row.ms_to_next.forEach((ms, step) => {
        cell.ms[step]?.push(ms);
      });
    },

    finish: (limit) => {
      const all = [...cells.values()];
      const count = stages.length;
      const figures = {
        stages: foldStages(stages, talliesOf(all, count), timesOf(all, count)),
        leads: leads.size,
        lastSeen,
      };
      if (by === null) return figures;
      const atFirst = new Map<string, number>();
      for (const cell of all) {
        const first = [...cell.units].reduce((sum, [bits, n]) => sum + (bits & 1) * n, 0);
        for (const value of cell.values) atFirst.set(value, (atFirst.get(value) ?? 0) + first);
      }
      const ranked = [...atFirst]
        .map(([value, units]) => ({ value, units, bytes: Buffer.from(value) }))
        .sort((a, b) => b.units - a.units || Buffer.compare(a.bytes, b.bytes))
        .map(({ value }) => value);
      const listed = ranked.slice(0, limit);
      const slotOf = new Map(listed.map((value, i) => [value, i + 1]));
      const inSlot: Cell[][] = [[], ...listed.map(() => [])];
      for (const cell of all)
        for (const slot of new Set(cell.values.map((value) => slotOf.get(value) ?? 0))) inSlot[slot]?.push(cell);
      const ofSlots = <T>(fold: (cells: readonly Cell[], stages: number) => T[]) =>
        inSlot.flatMap((own, slot) => fold(own, count).map((folded) => ({ slot, ...folded })));
      return {
        ...figures,
        breakdown: foldBreakdown({ by, listed, more: ranked.length > limit }, stages, {
          tallies: ofSlots(talliesOf),
          times: ofSlots(timesOf),
        }),
      };
    },
  };
};
