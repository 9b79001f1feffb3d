import { describe, expect, test } from 'vitest';
import { abandonmentFixture, currencyFixture, funnelFixture } from '../../dev/fixtures.ts';
import { drawStates } from '../pages/abandonment/states.tsx';
import { drawFunnel } from '../pages/funnel/draw.ts';
import { drawWaterfall } from '../pages/revenue/draw.ts';
import { drawStages } from '../pages/revenue/stages.tsx';
import { drawnBars, waterfallOf } from '../pages/revenue/waterfall.ts';
import { FALLBACK } from '../theme/palette.ts';
import type { Draw } from './canvas.tsx';
import { init } from './echarts.ts';

const SIZES = [
  { width: 1040, height: 340, narrow: false },
  { width: 300, height: 480, narrow: true },
];

const pictureOf = (draw: Draw, size: (typeof SIZES)[number]): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: size.width, height: size.height });
  chart.setOption({ animation: false, ...draw({ ...size, palette: FALLBACK }) });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};

const bars = (scale: number) => drawnBars(waterfallOf(currencyFixture(scale).bridge).bars);
const CHARTS: [string, (scale: number) => Draw, string][] = [
  ['funnel', (scale) => drawFunnel(funnelFixture(scale).stages), '48,213'],
  ['states', (scale) => drawStates(abandonmentFixture(scale).carts), '<path'],
  ['waterfall', (scale) => drawWaterfall(bars(scale), 'EUR'), 'Gross sales'],
  ['stages', (scale) => drawStages(currencyFixture(scale).stages, 'EUR'), 'Payment'],
];

describe('charts', () => {
  for (const [name, draw, sign] of CHARTS)
    for (const size of SIZES)
      test(`${name} is drawn ${size.width} px wide, of a usual period and of nothing`, () => {
        expect(pictureOf(draw(1), size)).toContain(sign);
        for (const scale of [0, 1, 1e6]) expect(pictureOf(draw(scale), size)).not.toMatch(/NaN|undefined|Infinity/);
      });
});
