export * from './control.ts';
export { makeDefinition } from './definition.ts';
export * from './error.ts';
export * from './key-cache.ts';
export * from './port.ts';
