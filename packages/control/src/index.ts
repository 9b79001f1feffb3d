export * from './control.ts';
export { checkDefinition, type DefinitionProblem, isPlainStage, makeDefinition } from './definition.ts';
export { parseDuration, printDuration } from './duration.ts';
export * from './error.ts';
export { FX_SOURCE_PATTERN, type FxRate, fxRateProblems } from './fx-rate.ts';
export * from './key-cache.ts';
export * from './port.ts';
