import { AUDIT } from './audit.ts';
import { BACKFILL, LIST_BACKFILLS } from './backfills.ts';
import { LIST_LETTERS, SHOW_LETTER } from './dead-letters.ts';
import { ORDER_DRAIN, RESUME, SHOW_DRAIN } from './drain.ts';
import { ERASE, LIST_ERASURES, PREVIEW_ERASURE } from './erasures.ts';
import { LIST_QUARANTINE, SET_ASIDE } from './quarantine.ts';
import { LIST_REPLAYS, REPLAY } from './replays.ts';
import { ORDER_REWIND, SHOW_REWIND } from './rewind.ts';
import type { Route } from './route.ts';
import { SHOW_STATUS } from './status.ts';

/** All of them, as they stand in the document. */
export const INGEST_ROUTES: readonly Route[] = [
  SHOW_STATUS,
  AUDIT,
  SHOW_REWIND,
  ORDER_REWIND,
  SHOW_DRAIN,
  ORDER_DRAIN,
  RESUME,
  LIST_QUARANTINE,
  SET_ASIDE,
  LIST_LETTERS,
  SHOW_LETTER,
  LIST_REPLAYS,
  REPLAY,
  PREVIEW_ERASURE,
  ERASE,
  LIST_ERASURES,
  LIST_BACKFILLS,
  BACKFILL,
];
