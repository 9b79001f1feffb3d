import type { Answer } from '../answer.ts';
import { DAYS } from './days.ts';
import { FIGURE_ANSWERS } from './figures.ts';
import { HISTORY } from './history.ts';
import { INGEST } from './ingest.ts';
import { LEDGER } from './ledger.ts';
import { REBUILD } from './rebuild.ts';
import { ROLLUP_ANSWERS } from './rollups.ts';
import { STATES } from './states.ts';
import { SWEEP } from './sweep.ts';
import { TOUCHED } from './touched.ts';
import { WRITERS } from './writers.ts';

/** Every question of the product that the model answers. */
export const ANSWERS: readonly Answer[] = [
  ...INGEST,
  ...WRITERS,
  ...TOUCHED,
  ...STATES,
  ...HISTORY,
  ...LEDGER,
  ...DAYS,
  ...REBUILD,
  ...SWEEP,
  ...ROLLUP_ANSWERS,
  ...FIGURE_ANSWERS,
];
