import type { ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import { useReport } from '../api/queries.ts';
import type { ReportName, WireReports } from '../api/wire.ts';
import { PeriodPicker } from '../period/period-picker.tsx';
import { Failure } from '../ui/failure.tsx';
import { FirstEvent } from '../ui/first-event.tsx';
import { Notice, Warnings } from '../ui/notice.tsx';
import { useTitle } from '../ui/use-title.ts';
import { Empty } from './empty.tsx';
import { type Shop, useShop } from './shop.ts';
import { StatusLine } from './status-line.tsx';

const isNotReady = (error: Error): boolean => error instanceof ApiError && error.code === 'not_ready';

type Props<Name extends ReportName> = {
  name: Name;
  title: string;
  isEmpty: (report: WireReports[Name]) => boolean;
  skeleton: ReactNode;
  /** Whose amounts are shown, where that can be chosen; else the store's own. */
  currency?: (report: WireReports[Name], shop: Shop) => string | undefined;
  /** What else can be chosen, beside the period. */
  tools?: ReactNode;
  children: (report: WireReports[Name]) => ReactNode;
};

/** What the three pages share: heading, period, the line every number stands under, and the ways a report can fail. */
export const ReportPage = <Name extends ReportName>({
  name,
  title,
  isEmpty,
  skeleton,
  currency,
  tools,
  children,
}: Props<Name>) => {
  const shop = useShop();
  const { store, view, period, today, setView } = shop;
  const query = useReport(name, {
    store: store.store_id,
    ...period,
    newest: store.definition_version,
    refundsOn: view.refundsOn,
  });
  const { data: report, error } = query;
  useTitle(`${title} · ${store.store_id}`);

  const body = (): ReactNode => {
    if (report === undefined) {
      if (error === null) return skeleton;
      // A store nothing has been taken in of has no reports yet, which is a beginning and no failure.
      if (isNotReady(error)) return <FirstEvent store={store.store_id} currency={store.currency} />;
      return <Failure error={error} retry={() => void query.refetch()} />;
    }
    return (
      <div className="stack" data-stale={query.isPlaceholderData} aria-busy={query.isPlaceholderData}>
        {error !== null && (
          <Notice kind="warning">
            These numbers could not be refreshed: {error.message} Trying again every few seconds.
          </Notice>
        )}
        {isEmpty(report) ? (
          <Empty />
        ) : (
          <>
            <Warnings warnings={report.warnings} />
            {children(report)}
          </>
        )}
      </div>
    );
  };
  return (
    <>
      <div className="page-head">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {report === undefined ? (
            <p className="status">&nbsp;</p>
          ) : (
            <StatusLine
              report={report}
              currency={currency?.(report, shop) ?? store.currency}
              now={query.dataUpdatedAt}
            />
          )}
        </div>
        <div className="page-tools">
          {tools}
          <PeriodPicker choice={view.choice} period={period} today={today} onChoose={(choice) => setView({ choice })} />
        </div>
      </div>
      {body()}
    </>
  );
};
