export * from './compare.ts';
export * from './definition.ts';
export * from './exact-json.ts';
export * from './ledger/index.ts';
export * from './recount.ts';
export * from './reference/index.ts';
export * from './reports/index.ts';
