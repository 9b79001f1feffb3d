import type { ClickHouse } from '@cartledger/clickhouse';
import { createControl } from '@cartledger/control';
import { DEAD_LETTERS_TOPIC, EVENTS_TOPIC, type EventLog } from '@cartledger/event-log';
import { pathOf, type Query, type Route } from '@cartledger/operations';
import { createLogger } from '@cartledger/service';
import { afterEach, expect } from 'vitest';
import type { z } from 'zod';
import type { Ingest } from '../port.ts';
import { createQuarantine } from '../quarantine.ts';
import { createHarness } from '../testing/harness.ts';
import { createIngestAdmin } from './admin.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type Answer = { status: number; body: unknown };

/** Ingest over fakes, a control store in memory, and as many admin apps over them as a test wants. */
export const createAdminHarness = async (options: { partitions?: number; fetchRecords?: number } = {}) => {
  const h = createHarness(options);
  const now = () => h.clock.now;
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now });
  await control.migrate();
  cleanUps.push(() => control.close());
  const { key } = await control.keys.create(null, 'admin');
  const newQuarantine = () => createQuarantine({ store: control, now }, { topic: EVENTS_TOPIC, refreshMs: 0 });
  const quarantine = newQuarantine();

  const start = async (...[config, deps]: Parameters<typeof h.start>): Promise<Ingest> => {
    const ingest = await h.start(config, { quarantine, ...deps });
    cleanUps.push(() => ingest.stop());
    return ingest;
  };

  const adminOf = (ingest: Ingest, log: EventLog = h.fakeLog.log) => {
    const app = createIngestAdmin({
      ingest,
      log,
      clickhouse: h.store.clickhouse as ClickHouse,
      control,
      quarantine,
      logger: createLogger({ component: 'test', level: 'silent' }),
      now,
    });
    const send = async (method: string, path: string, json?: unknown, token: string | null = key): Promise<Answer> => {
      const response = await app.request(path, {
        method,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      return { status: response.status, body: await response.json() };
    };
    return {
      send,
      /** What a route answers: just what it is described to answer. */
      ask: async <Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType>(
        route: Route<Q, B, A>,
        { query, json }: { query?: Query<Q>; json?: z.input<B> } = {},
      ): Promise<z.output<A>> => {
        const path = query === undefined ? route.path : pathOf(route, query);
        const { status, body } = await send(route.method, path, json);
        expect({ status, body }).toEqual({ status: route.status, body: expect.anything() });
        const answer = route.answer.parse(body);
        expect(answer).toEqual(body);
        return answer;
      },
      routes: app.routes,
    };
  };

  return {
    ...h,
    control,
    key,
    quarantine,
    newQuarantine,
    start,
    adminOf,
    /** How many records stand in a topic. */
    sent: () => h.fakeLog.records(EVENTS_TOPIC).length,
    dead: () => h.fakeLog.records(DEAD_LETTERS_TOPIC).length,
  };
};

export type Admin = ReturnType<Awaited<ReturnType<typeof createAdminHarness>>['adminOf']>;
