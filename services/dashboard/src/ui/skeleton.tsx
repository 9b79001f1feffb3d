const ROWS = ['a', 'b', 'c', 'd', 'e'] as const;

/** The page's own shape before its numbers are there, in the same heights, so that nothing jumps. */
export const PageSkeleton = ({ kpis, chart }: { kpis: number; chart: { wide: number; narrow: number } }) => (
  <div className="stack" aria-busy="true">
    <p className="visually-hidden" role="status">
      Loading
    </p>
    <div className="kpis" aria-hidden="true">
      {Array.from({ length: kpis }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: nothing but its place tells these apart
        <div key={index} className="kpi">
          <span className="skeleton" style={{ width: '60%', height: '1rem' }} />
          <span className="skeleton" style={{ width: '80%', height: '1.9rem', marginTop: '0.3rem' }} />
          <span className="skeleton" style={{ width: '50%', height: '0.8rem', marginTop: '0.3rem' }} />
        </div>
      ))}
    </div>
    <div className="card" aria-hidden="true">
      <span className="skeleton" style={{ width: '9rem', height: '1.4rem', marginBottom: '1rem' }} />
      <div className="chart">
        <span className="skeleton chart-box" style={{ '--wide': `${chart.wide}px`, '--narrow': `${chart.narrow}px` }} />
      </div>
    </div>
    <div className="card" aria-hidden="true">
      {ROWS.map((row) => (
        <span key={row} className="skeleton" style={{ height: '1.1rem', marginBlock: '0.9rem' }} />
      ))}
    </div>
  </div>
);
