export type { FxRate } from './converted.ts';
export type { ReferenceInput } from './look.ts';
export { mergeReference } from './merge.ts';
export { type ReferenceCart, type ReferenceOrder, type ReferenceReports, reference } from './reports.ts';
