export { createRandom, type Random, randomDefinition, randomHistory } from '../testing.ts';
