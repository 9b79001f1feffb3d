import { setTimeout as delay } from 'node:timers/promises';
import type { Control, Store } from '@cartledger/control';
import { EVENTS_TOPIC } from '@cartledger/event-log';
import { DAY_MS } from '@cartledger/funnel';
import type { Reports } from '@cartledger/reports';
import { createProgress, type Logger, type Running } from '@cartledger/service';
import {
  createLiveTraffic,
  createSimulator,
  DEMO_STORES,
  type LiveClock,
  type SimulatedEvent,
} from '@cartledger/simulator';
import { z } from 'zod';
import { demoWriteKey } from './access.ts';
import type { EventDoor } from './event-door.ts';
import type { Terminal } from './terminal.ts';

export const DEMO_STORE = 'demo';

const SEED = 'cartledger';
const HISTORY_EVENTS = 40_000;
const BATCH_EVENTS = 1_000;
const STATE = 'demo/history';

const simulated = DEMO_STORES.filter(({ store_id }) => store_id === DEMO_STORE);

/** Stored before the first event is sent, so that a killed seeding goes on with the very same events. */
const history = z.object({ from: z.number(), to: z.number(), done: z.boolean() });

/**
 * Live traffic goes on at the mean pace of the history, so that today fits the days before: with 30 days an event a minute,
 * in bursts, the first within seconds of a start.
 */
export const demoTraffic = (days: number, clock: LiveClock) =>
  createLiveTraffic({
    seed: SEED,
    stores: simulated,
    eventsPerSecond: (1_000 * HISTORY_EVENTS) / (days * DAY_MS),
    clock,
  });

export type DemoDeps = {
  control: Control;
  reports: Reports;
  door: EventDoor;
  /** Starts aggregation: once the history has been taken in, so that reports never stand on a part of it. */
  aggregate(): Promise<void>;
  adminToken: string;
  /** The data directory, where the demo's write key is kept. */
  data: string;
  days: number;
  terminal: Terminal;
  logger: Logger;
  now: () => number;
  stopping: AbortSignal;
};

export type Demo = Running & { writeKey: string };

const demoStore = async (control: Control): Promise<Store> => {
  const [store] = simulated;
  const { time_zone, currency } = store?.definition ?? {};
  return (await control.stores.get(DEMO_STORE)) ?? (await control.stores.create(DEMO_STORE, { time_zone, currency }));
};

/**
 * Sends the demo store's history through the pipeline, once in the life of a data directory. Leaves off when a stop
 * is wanted; the next start sends it again, and what was taken in already counts once.
 */
const seedHistory = async (deps: DemoDeps): Promise<void> => {
  const { control, door, aggregate, adminToken, days, terminal, now, stopping } = deps;
  const stored = history.safeParse(await control.state.get(STATE));
  if (stored.data?.done) return aggregate();
  const { from, to } = stored.data ?? { from: now() - days * DAY_MS, to: now() };
  await control.state.set(STATE, { from, to, done: false });

  const simulator = createSimulator({ seed: SEED, stores: simulated, from, to, events: HISTORY_EVENTS });
  const progress = createProgress(`${days} days of simulated traffic`, simulator.eventCount);
  let sent = 0;
  let batch: SimulatedEvent[] = [];
  const flush = async (): Promise<void> => {
    await door.send(adminToken, batch, { imported: true });
    sent += batch.length;
    batch = [];
    progress.update(sent, `${sent} events`);
  };
  for (const event of simulator.events()) {
    batch.push(event);
    if (batch.length === BATCH_EVENTS) await flush();
    if (stopping.aborted) break;
  }
  if (!stopping.aborted) await flush();
  progress.end();

  await terminal.step('Reports', () => reportsSince(now(), deps));
  if (stopping.aborted) return;
  await control.state.set(STATE, { from, to, done: true });
};

/** Until what was appended before is in the reports, or a stop is wanted. */
const reportsSince = async (sentAt: number, { control, reports, aggregate, stopping }: DemoDeps): Promise<void> => {
  const { definition } = await demoStore(control);
  const query = { store_id: DEMO_STORE, definition, from: '2020-01-01', to: '2020-01-01' };
  const takenIn = async (): Promise<boolean> => {
    const positions = await control.positions.list(EVENTS_TOPIC);
    return positions.length > 0 && positions.every(({ taken_in_up_to }) => taken_in_up_to >= sentAt);
  };
  const reported = (): Promise<boolean> =>
    reports.funnel(query).then(
      ({ as_of }) => Date.parse(as_of) >= sentAt,
      () => false,
    );
  while (!stopping.aborted && !(await takenIn())) await delay(50);
  if (!stopping.aborted) await aggregate();
  while (!stopping.aborted && !(await reported())) await delay(100);
};

/** The demo store with its history, and shoppers who go on shopping until it is stopped. */
export const startDemo = async (deps: DemoDeps): Promise<Demo> => {
  const { control, door, data, logger, now } = deps;
  await demoStore(control);
  const writeKey = await demoWriteKey(control, data, DEMO_STORE);
  await seedHistory(deps);

  const life = new AbortController();
  const clock = {
    now,
    sleep: (ms: number, signal?: AbortSignal) => delay(ms, undefined, signal && { signal }).catch(() => undefined),
  };
  const traffic = demoTraffic(deps.days, clock);
  const shopping = (async () => {
    for await (const event of traffic.events(life.signal)) {
      if (life.signal.aborted) return;
      await door.send(writeKey, [event], { signal: life.signal });
    }
  })().catch((error: unknown) => {
    if (!life.signal.aborted) logger.error({ err: error }, 'the demo store has no more traffic');
  });
  return {
    writeKey,
    async stop() {
      life.abort();
      await shopping;
    },
  };
};
