import type { ReactNode } from 'react';
import { Term } from './term.tsx';

export type Kpi = { label: string; meaning: string; value: string; note?: ReactNode };

/** The page's headline numbers, each with its definition. */
export const Kpis = ({ label, kpis }: { label: string; kpis: readonly Kpi[] }) => (
  <section aria-label={label}>
    <dl className="kpis">
      {kpis.map((kpi) => (
        <div key={kpi.label} className="kpi">
          <dt>
            <Term meaning={kpi.meaning}>{kpi.label}</Term>
          </dt>
          <dd className="kpi-value" style={{ '--length': kpi.value.length }}>
            {kpi.value}
          </dd>
          {kpi.note !== undefined && <dd className="kpi-note">{kpi.note}</dd>}
        </div>
      ))}
    </dl>
  </section>
);
