import {
  AUDIT,
  type AuditedPartition,
  type AuditLine,
  type AuditProgress,
  type AuditReport,
} from '@cartledger/operations';
import { defineError } from '@cartledger/service';
import { stream } from 'hono/streaming';
import {
  type AuditReport as Audited,
  type AuditFinding,
  createAudit,
  type PartitionAudit,
  type AuditProgress as Progress,
} from '../audit.ts';
import { createKeptSince } from '../kept-since.ts';
import { createLostRanges } from '../lost-ranges.ts';
import { badRequest } from './errors.ts';
import { queryOf } from './request.ts';
import type { AdminRoutes } from './routes.ts';

const auditRunning = defineError('audit_running', 409, () => ({
  message: 'An audit is running here: each reads the log and asks ClickHouse. Wait until it is over.',
  headers: { 'Retry-After': '30' },
}));

const partitionOf = (audit: PartitionAudit): AuditedPartition => ({
  partition: audit.partition,
  first_offset: Number(audit.from),
  end_offset: Number(audit.to),
  records: audit.records,
  kept: audit.kept,
  repeats: audit.repeats,
  dead_letters: audit.deadLetters,
  erased: audit.erased,
  expired: audit.expired,
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

const reportOf = ({ epoch, partitions, findings, clean }: Audited, startedAt: number, now: number): AuditReport => ({
  type: 'report',
  topic_epoch: epoch,
  clean,
  seconds: Math.round((now - startedAt) / 100) / 10,
  partitions: partitions.map(partitionOf),
  findings: findings.map((finding) => ({ ...finding, offset: Number(finding.offset), remedy: remedyOf(finding) })),
});

const progressOf = ({ done, total, records, missing }: Progress): AuditProgress => ({
  type: 'progress',
  done: Number(done),
  total: Number(total),
  records,
  missing,
});

/** Progress is told so often. */
const TELL_EVERY_MS = 500;

/**
 * Lines of progress and at last the report (or an error, where it could not be brought to its end).
 * An audit whose reader goes away ends.
 */
export const addAuditRoute = ({ app, deps, config, hasher, erased }: AdminRoutes): void => {
  const { log, clickhouse, control, logger, now } = deps;
  const lost = createLostRanges(control.state, config.topic);
  const keptSince = createKeptSince({ clickhouse, stores: control.stores, now });
  const audit = hasher.then((ready) =>
    createAudit({ log, clickhouse, hasher: ready, lost, erased, keptSince, now }, config),
  );
  // A rejection is met where the first audit awaits it.
  audit.catch(() => {});
  let running = false;

  app.get(AUDIT.path, async (c) => {
    const { partition, first_offset: from, last_offset: last, since } = queryOf(c, AUDIT.query);
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
    let tell: (line: AuditLine) => Promise<unknown> = async () => undefined;
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
