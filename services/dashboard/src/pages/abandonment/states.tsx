import { Fragment, useMemo } from 'react';
import type { WireAbandonment } from '../../api/wire.ts';
import type { Draw } from '../../chart/canvas.tsx';
import { Figure } from '../../chart/figure.tsx';
import { tooltipNode, tooltipStyle } from '../../chart/tooltip.ts';
import { formatCount, formatRate, ratio } from '../../format/number.ts';
import type { Palette } from '../../theme/palette.ts';
import { Term } from '../../ui/term.tsx';
import { ALSO, type CartState, STATE_WORDS, STATES, type Thresholds } from '../../words/abandonment.ts';

type Carts = WireAbandonment['carts'];

const TONES: Record<CartState, keyof Palette> = {
  purchased: 'accent',
  recovered: 'accent-2',
  active: 'wait',
  idle: 'wait-2',
  emptied: 'void',
  abandoned: 'loss-2',
  lost: 'loss',
};

/** One bar: every cart opened in the period is in exactly one state. */
export const drawStates =
  (carts: Carts): Draw =>
  ({ palette }) => ({
    tooltip: {
      ...tooltipStyle(palette),
      trigger: 'item',
      formatter: (params) => {
        const state = STATES[(Array.isArray(params) ? params[0] : params)?.seriesIndex ?? 0];
        if (state === undefined) return '';
        return tooltipNode(STATE_WORDS[state].label, [
          ['Carts', formatCount(carts[state])],
          ['Share', formatRate(ratio(carts[state], carts.created))],
        ]);
      },
    },
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { type: 'value', show: false, min: 0, max: Math.max(1, carts.created) },
    yAxis: { type: 'category', show: false, data: ['carts'] },
    series: STATES.map((state) => ({
      id: state,
      type: 'bar',
      stack: 'carts',
      barWidth: 28,
      data: [carts[state]],
      itemStyle: { color: palette[TONES[state]], borderColor: palette.card, borderWidth: 1, borderRadius: 4 },
    })),
  });

const HEIGHT = 32;

export const States = ({ carts, thresholds }: { carts: Carts; thresholds: Thresholds }) => {
  const draw = useMemo(() => drawStates(carts), [carts]);
  const said = STATES.map((state) => `${STATE_WORDS[state].label} ${formatCount(carts[state])}`).join(', ');
  return (
    <>
      <Figure label={`Carts by state: ${said}.`} heights={{ wide: HEIGHT, narrow: HEIGHT }} draw={draw} />
      <dl className="states">
        {STATES.map((state) => (
          <div key={state}>
            <dt>
              <span className="swatch" style={{ '--swatch': `var(--${TONES[state]})` }} />
              <Term meaning={STATE_WORDS[state].meaning(thresholds)}>{STATE_WORDS[state].label}</Term>
            </dt>
            <dd>{formatCount(carts[state])}</dd>
            <dd>{formatRate(ratio(carts[state], carts.created))}</dd>
          </div>
        ))}
      </dl>
      <p className="card-note">
        Among them{' '}
        {ALSO.map(({ key, label, meaning }, index) => (
          <Fragment key={key}>
            {index > 0 && ', '}
            {formatCount(carts[key])} <Term meaning={meaning(thresholds)}>{label}</Term>
          </Fragment>
        ))}
        .
      </p>
    </>
  );
};
