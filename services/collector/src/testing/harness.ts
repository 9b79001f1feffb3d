/** A collector with two stores, over a log in memory. For tests. */
import { createControl } from '@cartledger/control';
import type { ProduceRecord } from '@cartledger/event-log';
import { createHealth, createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach } from 'vitest';
import { z } from 'zod';
import { createCollector } from '../collector.ts';
import type { CollectorConfig } from '../config.ts';
import type { Spool } from '../spool.ts';

export const NOW = Date.UTC(2026, 10, 22, 12);
export const DAY_MS = 86_400_000;

/** Made anew for each test: the control store with the stores `shop` and `other`, and keys of `shop`. */
export let control: ReturnType<typeof createControl>;
export let writeKey: string;
export let readKey: string;
export let adminKey: string;
export let writeKeyId: string;

beforeEach(async () => {
  control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: () => NOW });
  await control.migrate();
  await control.stores.create('shop');
  await control.stores.create('other');
  ({ key: writeKey, key_id: writeKeyId } = await control.keys.create('shop', 'events:write'));
  ({ key: readKey } = await control.keys.create('shop', 'reports:read'));
  ({ key: adminKey } = await control.keys.create(null, 'admin'));
});
afterEach(() => control.close());

export const setUp = (config: Partial<CollectorConfig> = {}, spool: Spool | null = null) => {
  const produced: (ProduceRecord & { topic: string })[] = [];
  let produce: (() => Promise<void>) | null = null;
  let clock = NOW;
  let logged = '';
  const metrics = createMetrics();
  const health = createHealth();
  const collector = createCollector(
    {
      control,
      metrics,
      health,
      ...(spool && { spool }),
      now: () => clock,
      logger: createLogger({
        component: 'collector',
        level: 'trace',
        destination: {
          write: (line: string) => {
            logged += line;
          },
        },
      }),
      log: {
        healthy: () => Promise.resolve(produce === null),
        produce: async (topic, records) => {
          await produce?.();
          produced.push(...records.map((record) => ({ topic, ...record })));
        },
      },
    },
    config,
  );
  const send = (
    body: string | Uint8Array | ReadableStream | object,
    headers: Record<string, string> = {},
    path = '/v1/events',
  ): Promise<Response> =>
    Promise.resolve(
      collector.app.request(path, {
        method: 'POST',
        headers: { authorization: `Bearer ${writeKey}`, 'content-type': 'application/json', ...headers },
        body:
          typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
            ? body
            : JSON.stringify(body),
        ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      }),
    );
  return {
    collector,
    metrics,
    health,
    produced,
    send,
    logged: () => logged,
    onProduce: (next: (() => Promise<void>) | null) => {
      produce = next;
    },
    pass: (ms: number) => {
      clock += ms;
    },
  };
};

export const visit = (over: Record<string, unknown> = {}) => ({
  event_id: 'e1',
  store_id: 'shop',
  type: 'visit',
  occurred_at: NOW - 1_000,
  visitor_id: 'v1',
  ...over,
});
export const eventIn = (record: ProduceRecord | undefined): unknown => JSON.parse(record?.value?.toString() ?? 'null');
const problem = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });
export const problemOf = async (response: Response) => problem.parse(await response.json()).error;
export const rejections = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), event_id: z.string().nullable(), code: z.string() })),
});
