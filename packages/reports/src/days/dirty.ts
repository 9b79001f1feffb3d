/** Days whose rollup may be behind their ledger rows: what stands in the rollups of all others is what the ledger says. */
export type DirtyDays = Readonly<Record<Rollup, readonly string[]>>;

export const ROLLUPS = ['funnel', 'cart', 'order'] as const;
export type Rollup = (typeof ROLLUPS)[number];

/** Which way the days of a period are read: `rollups` (and the ledger where they are behind), or the `ledger` alone. */
export type DaysWay = 'rollups' | 'ledger';
