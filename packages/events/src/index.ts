export * from './event.ts';
export { createHasher, type Hasher } from './hash.ts';
