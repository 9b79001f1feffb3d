import { type ReactNode, useId } from 'react';

/** A section with a heading, as a landmark readers can jump to. */
export const Card = ({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) => {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <p className="card-note">{note}</p>}
      </div>
      {children}
    </section>
  );
};
