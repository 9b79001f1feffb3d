export type { FxRate } from './converted.ts';
export { createExplainer, type ExplainInput, explainReference, type ReferenceExplanation } from './explain.ts';
export type { ReferenceInput } from './look.ts';
export { mergeReference } from './merge.ts';
export { type ReferenceCart, type ReferenceOrder, type ReferenceReports, reference } from './reports.ts';
