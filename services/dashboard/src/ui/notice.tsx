import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';

/** Something the reader must know beside the numbers. An alarm is announced at once. */
export const Notice = ({ kind, children }: { kind: 'warning' | 'alarm' | 'good'; children: ReactNode }) => (
  <div className="notice" data-kind={kind} role={kind === 'alarm' ? 'alert' : 'status'}>
    <Icon name={kind === 'good' ? 'check' : 'alert'} />
    <div>{children}</div>
  </div>
);

/** What the report itself warns of: stages no event has matched, bad totals, and the like. */
export const Warnings = ({ warnings }: { warnings: readonly { code: string; message: string }[] }) =>
  warnings.map(({ code, message }) => (
    <Notice key={`${code} ${message}`} kind="warning">
      {message}
    </Notice>
  ));
