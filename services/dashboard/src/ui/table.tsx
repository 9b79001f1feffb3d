import { type ReactNode, useState } from 'react';
import { Term } from './term.tsx';

export type Column<Row> = { key: string; head: string; meaning?: string; cell: (row: Row) => ReactNode };
type Props<Row> = {
  caption: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The first column heads its row. */
  columns: readonly Column<Row>[];
  rowKind?: (row: Row) => 'total' | 'quiet' | undefined;
  /** Beyond this many, the rest is a button away. */
  limit?: number;
};

/** A table that scrolls by itself where the page is narrower, reachable by keyboard. */
export const DataTable = <Row,>({
  caption,
  rows,
  rowKey,
  columns,
  rowKind,
  limit = Number.POSITIVE_INFINITY,
}: Props<Row>) => {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, limit);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" aria-label={caption} tabIndex={0}>
        <table className="table">
          <caption className="visually-hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ key, head, meaning }) => (
                <th key={key} scope="col">
                  {meaning === undefined ? head : <Term meaning={meaning}>{head}</Term>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => {
              const kind = rowKind?.(row);
              return (
                <tr
                  key={rowKey(row)}
                  data-total={kind === 'total' ? '' : undefined}
                  data-quiet={kind === 'quiet' ? '' : undefined}
                >
                  {columns.map(({ key, cell }, index) =>
                    index === 0 ? (
                      <th key={key} scope="row">
                        {cell(row)}
                      </th>
                    ) : (
                      <td key={key}>{cell(row)}</td>
                    ),
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
      {shown.length < rows.length && (
        <button type="button" className="button more" onClick={() => setAll(true)}>
          Show all {rows.length}
        </button>
      )}
    </>
  );
};
