export * from './definition.ts';
export * from './ledger/rows.ts';
export * from './report.ts';
