import { defineError } from '@cartledger/service';

export const unknownBackfill = defineError('unknown_backfill', 404, (id: number) => `There is no backfill ${id}.`);

export const backfillRefused = defineError('backfill_refused', 409, (why: string) => why);

export const backfillBusy = defineError('busy', 503, () => ({
  message: 'Somebody else goes on with the backfill. Wait as Retry-After says, then ask again.',
  headers: { 'Retry-After': '1' },
}));

export const notDrained = defineError(
  'not_drained',
  409,
  () =>
    'Not every partition was paused within a minute; fetching goes on. Is every worker running? See cartledger ingest status, then run the same command again.',
);
