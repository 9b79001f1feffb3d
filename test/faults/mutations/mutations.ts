import type { Mutation } from './mutation.ts';
import { OF_AGGREGATOR } from './of-aggregator.ts';
import { OF_INGEST } from './of-ingest.ts';

export const MUTATIONS: readonly Mutation[] = [...OF_INGEST, ...OF_AGGREGATOR];
