import type { LedgerRow } from './rows.ts';

/** What names a row among those of its node and kind; no two units share it. */
export const rowKey = (row: LedgerRow): string => {
  switch (row.kind) {
    case 'journey':
      return `${row.funnel} ${row.day} ${row.unit_id}`;
    case 'cart':
      return row.unit_id;
    case 'order':
      return row.order_id;
    case 'refund':
      return JSON.stringify([row.order_id, row.refund_id]);
  }
};
