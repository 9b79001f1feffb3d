export * from './control.ts';
export { checkDefinition, type DefinitionProblem, isPlainStage, makeDefinition } from './definition.ts';
export * from './error.ts';
export * from './key-cache.ts';
export * from './port.ts';
