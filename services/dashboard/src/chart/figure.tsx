import { lazy, Suspense } from 'react';
import type { Draw } from './canvas.tsx';

/**
 * ECharts is most of the code and none of the first paint: it is fetched beside the numbers, not with the page. A
 * chart that cannot be loaded leaves its table standing.
 */
const canvas = import('./canvas.tsx').catch(() => ({
  default: () => <p className="muted">The chart could not be loaded. The table has the same numbers.</p>,
}));
const Canvas = lazy(() => canvas);

type Props = {
  /** What the picture says, for those who do not see it; a table with the numbers is always beside it. */
  label: string;
  heights: { wide: number; narrow: number };
  draw: Draw;
};

export const Figure = ({ label, heights, draw }: Props) => (
  <figure className="chart">
    <div
      className="chart-box"
      style={{ '--wide': `${heights.wide}px`, '--narrow': `${heights.narrow}px` }}
      role="img"
      aria-label={label}
    >
      <Suspense fallback={<span className="skeleton chart-canvas" />}>
        <Canvas draw={draw} />
      </Suspense>
    </div>
  </figure>
);
