import { createHasher } from '@cartledger/events';
import { defineError } from '@cartledger/service';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import { type AuditFinding, type AuditProgress, type AuditReport, createAudit, type PartitionAudit } from '../audit.ts';
import { createLostRanges } from '../lost-ranges.ts';
import { badRequest } from './errors.ts';
import { moment, queryOf } from './request.ts';
import type { AdminRoutes } from './routes.ts';

const offset = z
  .string()
  .regex(/^\d{1,18}$/, 'give an offset, a whole number from 0 on')
  .transform(BigInt);

const asked = z
  .strictObject({
    partition: z
      .string()
      .regex(/^\d{1,6}$/, 'give the number of a partition')
      .transform(Number),
    first_offset: offset,
    last_offset: offset,
    since: moment,
  })
  .partial()
  .refine(
    ({ first_offset, since }) => first_offset === undefined || since === undefined,
    'first_offset and since exclude each other',
  );

const auditRunning = defineError('audit_running', 409, () => ({
  message: 'An audit is running here: each reads the log and asks ClickHouse. Wait until it is over.',
  headers: { 'Retry-After': '30' },
}));

const partitionOf = (audit: PartitionAudit) => ({
  partition: audit.partition,
  first_offset: Number(audit.from),
  end_offset: Number(audit.to),
  records: audit.records,
  kept: audit.kept,
  repeats: audit.repeats,
  dead_letters: audit.deadLetters,
  erased: audit.erased,
  missing: audit.missing,
  counted_twice: audit.countedTwice,
  lost_to_retention: Number(audit.lostToRetention),
  not_in_the_log: Number(audit.removed.to - audit.removed.from),
  in_flight: Number(audit.inFlight),
});

const remedyOf = ({ partition, offset, what }: AuditFinding): string =>
  ({
    missing: `cartledger ingest rewind --partition ${partition} --to ${offset}`,
    counted_twice: 'keep the rows as they are and report a defect: no command mends this',
    lost_to_retention: 'send these events again from where they came from: cartledger import',
  })[what];

const reportOf = ({ epoch, partitions, findings, clean }: AuditReport, startedAt: number, now: number) => ({
  type: 'report',
  topic_epoch: epoch,
  clean,
  seconds: Math.round((now - startedAt) / 100) / 10,
  partitions: partitions.map(partitionOf),
  findings: findings.map((finding) => ({ ...finding, offset: Number(finding.offset), remedy: remedyOf(finding) })),
});

const progressOf = ({ done, total, records, missing }: AuditProgress) => ({
  type: 'progress',
  done: Number(done),
  total: Number(total),
  records,
  missing,
});

/** Progress is told so often. */
const TELL_EVERY_MS = 500;

/**
 * GET /audit: NDJSON, lines of progress and at last the report (or an error, where it could not be brought to its end).
 * An audit whose reader goes away ends.
 */
export const addAuditRoute = ({ app, deps, config }: AdminRoutes): void => {
  const { log, clickhouse, control, logger, now } = deps;
  const lost = createLostRanges(control.state, config.topic);
  const audit = createHasher().then((hasher) => createAudit({ log, clickhouse, hasher, lost, now }, config));
  // A rejection is met where the first audit awaits it.
  audit.catch(() => {});
  let running = false;

  app.get('/audit', async (c) => {
    const { partition, first_offset: from, last_offset: last, since } = queryOf(c, asked);
    const run = await audit;
    if (running) throw auditRunning();
    running = true;
    const request = {
      ...(partition !== undefined && { partition }),
      ...(from !== undefined && { from }),
      ...(last !== undefined && { to: last + 1n }),
      ...(since !== undefined && { since }),
    };
    const startedAt = now();
    const stop = new AbortController();
    const first = Promise.withResolvers<null>();
    let toldAt = startedAt;
    let tell: (line: object) => Promise<unknown> = async () => undefined;
    const work = run(request, {
      signal: stop.signal,
      onProgress: async (progress) => {
        first.resolve(null);
        if (now() - toldAt < TELL_EVERY_MS) return;
        toldAt = now();
        await tell(progressOf(progress));
      },
    }).finally(() => {
      running = false;
    });
    // What is refused, or fails at once, is answered by its status.
    const early = await Promise.race([work, first.promise]);
    if (early !== null && 'code' in early) throw badRequest('', `${early.message}.`);

    c.header('Content-Type', 'application/x-ndjson; charset=utf-8');
    return stream(c, async (out) => {
      out.onAbort(() => stop.abort(new Error('nobody reads the audit any more')));
      tell = (line) => out.write(`${JSON.stringify(line)}\n`);
      try {
        const report = await work;
        if (!('code' in report)) await tell(reportOf(report, startedAt, now()));
      } catch (error) {
        logger.warn({ err: error }, 'an audit was not brought to its end');
        await tell({ type: 'error', message: error instanceof Error ? error.message : String(error) });
      }
    });
  });
};
