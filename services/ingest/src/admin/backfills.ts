import { randomUUID } from 'node:crypto';
import { BACKFILL, LIST_BACKFILLS } from '@cartledger/operations';
import { createBackfills } from '../backfill/backfills.ts';
import { createPause } from '../backfill/pause.ts';
import { createReader } from '../backfill/reader.ts';
import { backfillAnswer } from '../backfill/run.ts';
import { createTables } from '../backfill/tables.ts';
import { createTurns } from '../backfill/turns.ts';
import { createOrders } from '../orders.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

const STEP_MS = 2_000;

/** Backfills: begun, gone on with, given up, and listed with their receipts. */
export const addBackfillRoutes = ({ app, deps, config, hasher, erased }: AdminRoutes): void => {
  const { log, clickhouse, control, quarantine, logger, now } = deps;
  const { topic, groupId } = config;
  const tables = createTables(clickhouse);
  const orders = createOrders(control.state, { topic, now });
  const pause = createPause({ orders, log, now }, { topic });
  const turn = hasher.then((ready) =>
    createTurns({
      clickhouse,
      erasures: control.erasures,
      tables,
      reader: createReader(
        { log, clickhouse, stores: control.stores, quarantine, erased, hasher: ready, logger, now },
        config,
      ),
      pause,
      committed: (run) => backfills.committed(run),
      newId: randomUUID,
      now,
    }),
  );
  // A rejection is met where the first step awaits it.
  turn.catch(() => {});
  const backfills = createBackfills(
    { store: control, log, orders, tables, pause, turn, logger, now },
    { topic, groupId, stepMs: STEP_MS },
  );

  serve(app, LIST_BACKFILLS, async () => ({ backfills: (await backfills.runs()).map(backfillAnswer) }));

  serve(app, BACKFILL, async ({ body, by }) => {
    if ('backfill' in body) return backfillAnswer(await backfills.step(body.backfill));
    if ('cancel' in body) return backfillAnswer(await backfills.cancel(body.cancel));
    if ('drop_old' in body) return backfillAnswer(await backfills.dropOld(body.drop_old));
    return backfillAnswer(await backfills.begin({ dryRun: body.dry_run, since: body.since, by }));
  });
};
