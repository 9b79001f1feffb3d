import { randomUUID } from 'node:crypto';
import { ControlError, type ErasedSubject } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import { MAX_ERASED_VISITORS } from '@cartledger/history';
import { ERASE, LIST_ERASURES, PREVIEW_ERASURE } from '@cartledger/operations';
import { erasureAnswer } from '../erasure/document.ts';
import { createErasures, TooManyVisitors } from '../erasure/erasures.ts';
import { tooManyVisitors, unknownErasure, unknownStore } from './errors.ts';
import type { AdminRoutes } from './routes.ts';
import { serve } from './serve.ts';

const STEP_MS = 2_000;
/** For a reading of tombstones that is under way, and clocks that tick apart. */
const MARGIN_MS = 1_000;

type Asked = { store_id: string; visitor_id?: string | undefined; customer_id?: string | undefined };

/** The ids go no further than here. */
const subjectOf = ({ store_id, visitor_id, customer_id }: Asked, hasher: Hasher): ErasedSubject =>
  visitor_id === undefined
    ? { store_id, kind: 'customer', hash: hasher.customerHash(customer_id ?? '') }
    : { store_id, kind: 'visitor', hash: hasher.visitorNode(visitor_id) };

/** Erasures: looked at beforehand, begun, gone on with and listed with their receipts. */
export const addErasureRoutes = ({ app, deps, config, hasher, catalog }: AdminRoutes): void => {
  const { log, clickhouse, control, logger, now } = deps;
  const { topic, deadLettersTopic, tombstones } = config;
  const erasures = createErasures(
    { erasures: control.erasures, clickhouse, log, catalog, now, newBatchId: randomUUID },
    { topic, deadLettersTopic, settleMs: tombstones.maxAgeMs + MARGIN_MS, stepMs: STEP_MS },
  );

  const refusing = async <T>(store_id: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TooManyVisitors) throw tooManyVisitors(MAX_ERASED_VISITORS);
      if (error instanceof ControlError && error.code === 'unknown_store') throw unknownStore(store_id);
      throw error;
    }
  };

  serve(app, PREVIEW_ERASURE, async ({ body }) => {
    const subject = subjectOf(body, await hasher);
    return refusing(body.store_id, () => erasures.preview(subject));
  });

  serve(app, ERASE, async ({ body, by }) => {
    if ('erasure' in body) {
      const erasure = await refusing('', () => erasures.step(body.erasure));
      if (erasure === null) throw unknownErasure(body.erasure);
      return erasureAnswer(erasure);
    }
    const subject = subjectOf(body, await hasher);
    const erasure = await refusing(body.store_id, () => erasures.begin(subject, by));
    logger.warn({ erasure: erasure.erasure, store_id: erasure.store_id, by }, 'an erasure is ordered');
    return erasureAnswer(erasure);
  });

  serve(app, LIST_ERASURES, async () => ({ erasures: (await erasures.list()).map(erasureAnswer) }));
};
