import type { RefundsOn } from '@cartledger/funnel';
import { formatAsOf, formatPeriod } from '../format/when.ts';
import { Term } from '../ui/term.tsx';
import { freshnessOf } from './freshness.ts';

type Head = {
  from: string;
  to: string;
  timezone: string;
  as_of: string;
  open_from: string | null;
  refunds_on?: RefundsOn;
};

const OPEN_MEANING =
  'Open days may still move by time alone: carts become abandoned or are recovered, late orders arrive. Closed days change only by a listed restatement';

/** Which days, whose clock, which currency, and up to when: said once for every number below it. */
export const StatusLine = ({ report, currency, now }: { report: Head; currency: string; now: number }) => {
  const { kind, text } = freshnessOf(report, now);
  return (
    <p className="status">
      <span>{formatPeriod(report)}</span>
      <span>{report.timezone}</span>
      <span>{currency}</span>
      <span>
        as of <time dateTime={report.as_of}>{formatAsOf(report.as_of, report.timezone, now)}</time>
      </span>
      <span className="badge" data-kind={kind}>
        <Term
          meaning={`${OPEN_MEANING}${report.refunds_on === 'order' ? ', and by each refund of their orders.' : '.'}`}
        >
          {text}
        </Term>
      </span>
    </p>
  );
};
