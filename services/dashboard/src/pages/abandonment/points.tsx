import { useMemo } from 'react';
import type { WireAbandonment, WireMoney } from '../../api/wire.ts';
import { Figure } from '../../chart/figure.tsx';
import { drawRows, type Row, rowsHeight } from '../../chart/rows.ts';
import { formatMoney } from '../../format/money.ts';
import { formatCount, formatRate, ratio } from '../../format/number.ts';
import { orderedCurrencies } from '../../ui/money.tsx';
import { stageLabel } from '../../words/stage.ts';

type Points = WireAbandonment['points'];

const moneyRows = (value: WireMoney, first: string): [string, string][] =>
  orderedCurrencies(Object.keys(value), first).map((code) => [
    `Value left (${code})`,
    formatMoney(value[code] ?? 0, code),
  ]);

/** Amounts of several currencies cannot share a bar, so the bars count carts and the words beside them give the value. */
const rowsOf = (points: Points, first: string): Row[] => {
  const all = points.reduce((sum, { carts }) => sum + carts, 0);
  return points.map(({ stage, carts, value }) => {
    const amount = value[first];
    return {
      name: stageLabel(stage),
      value: amount === undefined ? formatCount(carts) : `${formatCount(carts)} · ${formatMoney(amount, first)}`,
      start: 0,
      end: carts,
      tone: 'loss',
      details: [
        ['Carts left', formatCount(carts)],
        ['Share', formatRate(ratio(carts, all))],
        ...moneyRows(value, first),
      ],
    };
  });
};

export const Points = ({ points, currency }: { points: Points; currency: string }) => {
  const draw = useMemo(() => drawRows(rowsOf(points, currency)), [points, currency]);
  const said = points.map(({ stage, carts }) => `${stageLabel(stage)} ${formatCount(carts)}`).join(', ');
  const height = rowsHeight(points.length);
  return (
    <Figure
      label={`Carts left, by the furthest point reached: ${said}.`}
      heights={{ wide: height, narrow: height }}
      draw={draw}
    />
  );
};
