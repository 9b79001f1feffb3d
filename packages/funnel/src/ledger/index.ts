export { buildLedger, type LedgerInput } from './build.ts';
export { type Calendar, createCalendar } from './calendar.ts';
export type { KeptEvent } from './kept-event.ts';
export { cartNode, type NodeName, orderNode, visitorNode } from './node.ts';
export { compareEvents, compareUtf8 } from './order-of-events.ts';
export { rowKey } from './row-key.ts';
export * from './rows.ts';
