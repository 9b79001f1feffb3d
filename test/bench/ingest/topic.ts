/** The topic that is read by every run: simulated events as a collector would have written them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProduceRecord, RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { DAY_MS } from '@cartledger/funnel';
import { createSimulator, type SimulatedEvent } from '@cartledger/simulator';
import type { Stack } from './stack.ts';
import { STORE } from './store.ts';

/** What is known of the topic's events. */
export type Topic = { name: string; partitions: number; events: number; distinct: number; bytesPerEvent: number };

const DAYS = 90;
const PAGE = 2_000;
/** The events' own times are those of the records: by default a broker would remove what is older than a week. */
const RETENTION = { ageMs: 3_650 * DAY_MS };

const recordOf = ({ received_at, ...event }: SimulatedEvent): ProduceRecord & { value: Buffer } => ({
  key: `${event.store_id}:${event.visitor_id}`,
  value: Buffer.from(JSON.stringify(event)),
  headers: { [RECEIVED_AT_HEADER]: `${received_at}` },
  // So that the engine need not look into headers.
  timestamp: received_at,
});

const fill = async ({ log }: Stack, name: string, events: number, partitions: number): Promise<Topic> => {
  await log.ensureTopic(name, { partitions, retention: RETENTION });
  const to = Date.now();
  const { events: deliveries } = createSimulator({ seed: 1, stores: [STORE], from: to - DAYS * DAY_MS, to, events });
  const identities = new Set<string>();
  let bytes = 0;
  let page: ProduceRecord[] = [];
  // The next page is made while one is on its way.
  let sending = Promise.resolve();
  const send = async (): Promise<void> => {
    const full = page;
    page = [];
    await sending;
    sending = log.produce(name, full);
  };
  for (const event of deliveries()) {
    const record = recordOf(event);
    identities.add(`${event.visitor_id} ${event.event_id}`);
    bytes += record.value.length;
    page.push(record);
    if (page.length === PAGE) await send();
  }
  await send();
  await sending;
  return { name, partitions, events, distinct: identities.size, bytesPerEvent: bytes / events };
};

/** Every run finds the records in the page cache. */
const readThrough = (dir: string, name: string): void => {
  const data = join(dir, 'kafka', 'data');
  for (const partition of readdirSync(data).filter((entry) => entry.startsWith(`${name}-`)))
    for (const file of readdirSync(join(data, partition))) readFileSync(join(data, partition, file));
};

/** Makes the topic, unless a kept stack has it. */
export const openTopic = async (stack: Stack, events: number, partitions: number): Promise<Topic> => {
  const name = `events-${events}-${partitions}`;
  const note = join(stack.dir, `${name}.json`);
  if (!existsSync(note)) writeFileSync(note, JSON.stringify(await fill(stack, name, events, partitions)));
  readThrough(stack.dir, name);
  return JSON.parse(readFileSync(note, 'utf8'));
};
