/** Bad input on the whole road, at both doors: each has its clear answer, and nothing good is lost or counted twice. */
import { createHash } from 'node:crypto';
import { defineQuery, integer } from '@cartledger/clickhouse';
import { decodeDeadLetter, type ProduceRecord } from '@cartledger/event-log';
import { REJECT_DOCS } from '@cartledger/events';
import { ConfigResourceTypes, Kafka, logLevel, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { BAD_BYTES, badEvents, journey, journeys, NOW, STAGES, type Truth, truthOf } from './bad-events.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

const JOURNEYS = 2_000;
const GOOD = JOURNEYS * STAGES.length;
const DAY = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const PERIOD = { from: DAY(NOW - 86_400_000), to: DAY(NOW) };
const TOPIC_STORE = 'topic';
const HTTP_STORE = 'http';

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const inChunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

const kept = defineQuery({
  name: 'kept',
  sql: 'SELECT count() AS events FROM events FINAL WHERE store_id = {store_id:String}',
  params: z.object({ store_id: z.string() }),
  row: z.object({ events: integer }),
});

const reportsOf = async ({ control, reports, clickhouse }: Pipeline, store_id: string) => {
  const store = await control.stores.get(store_id);
  if (!store) throw new Error(`no store ${store_id}`);
  const query = { store_id, definition: store.definition, ...PERIOD };
  const funnel = await reports.funnel(query);
  const { carts } = await reports.abandonment(query);
  const { currencies } = await reports.revenue(query);
  return {
    events: (await clickhouse.query(kept, { store_id }))[0]?.events,
    funnel: funnel.stages.map(({ units }) => units),
    carts: { created: carts.created, purchased: carts.purchased },
    money: Object.entries(currencies).map(([currency, { carts, orders, difference }]) => ({
      currency,
      value: carts.value,
      orders: orders.count,
      gross_sales: orders.gross_sales,
      order_total: orders.order_total,
      difference,
    })),
  };
};

/** An event that is lost misses in one of these, and one that counts twice is too much in one. */
const reportsFor = ({ journeys: count, value, total }: Truth) => ({
  events: count * STAGES.length,
  funnel: STAGES.map(() => count),
  carts: { created: count, purchased: count },
  money: [{ currency: 'EUR', value, orders: count, gross_sales: value, order_total: total, difference: 0n }],
});

const sha256 = (bytes: Buffer | null): string =>
  createHash('sha256')
    .update(bytes ?? '')
    .digest('hex');

/** A topic that takes messages of 4 MB: an operator may make one. */
const allowLarge = async (topic: string): Promise<void> => {
  const admin = new Kafka({ brokers: inject('kafkaBrokers').split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: '4000000' }];
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
  });
  await admin.disconnect();
};

type Sent = { key: string | null; value: Buffer | null };

describe.each(['embedded', 'kafka'] as const)('over the %s log', (driver) => {
  const stack = new AsyncDisposableStack();
  let pipeline: Pipeline;
  let producer: Producer | null = null;
  let key: string;

  beforeAll(async () => {
    const brokers = inject('kafkaBrokers');
    pipeline = await startPipeline({
      clickhouseUrl: inject('clickhouseUrl'),
      log: driver === 'embedded' ? { driver } : { driver, brokers },
    });
    stack.use(pipeline);
    for (const store_id of [HTTP_STORE, TOPIC_STORE, 'large']) await pipeline.control.stores.create(store_id);
    ({ key } = await pipeline.control.keys.create(HTTP_STORE, 'events:write'));
    if (driver === 'kafka') {
      // A storefront's own client, not ours.
      const client = new Kafka({ brokers: brokers.split(','), clientId: 'storefront', logLevel: logLevel.NOTHING });
      const connecting = client.producer();
      stack.defer(() => connecting.disconnect());
      await connecting.connect();
      producer = connecting;
    }
  });
  afterAll(() => stack.disposeAsync());

  const append = async (records: readonly Sent[]): Promise<void> => {
    const { log, topic } = pipeline;
    if (producer) await producer.send({ topic, messages: [...records] });
    else
      await log.produce(
        topic,
        records.map(({ key, value }): ProduceRecord => ({ key: key ?? '', value })),
      );
  };

  const deadLetters = async () => {
    const { log, deadLettersTopic } = pipeline;
    const letters = [];
    for (const { partition, earliest, end } of await log.offsets(deadLettersTopic)) {
      for await (const record of log.read(deadLettersTopic, partition, earliest, end)) {
        const letter = decodeDeadLetter(record);
        if (letter === null) throw new Error('a record among the dead letters is none');
        letters.push(letter);
      }
    }
    return letters;
  };

  /** Good and bad ones in turn, as many of each, into a store of their own through the collector. */
  const sendOverHttp = async (): Promise<void> => {
    const bad = badEvents(GOOD, 'wrong_store');
    const mixed = journeys(HTTP_STORE, JOURNEYS).flatMap((sent, i) => [
      { sent, bad: null },
      { sent: bad[i]?.sent, bad: bad[i] },
    ]);
    const chunks = inChunks(mixed, 1_000);
    // A retry of what was answered: sent again, it changes nothing.
    for (const some of inChunks([...chunks, ...chunks.slice(3, 4)], 4)) {
      await Promise.all(
        some.map(async (chunk) => {
          const { status, body } = await pipeline.post(key, JSON.stringify(chunk.map(({ sent }) => sent)));
          const rejected = chunk.flatMap(({ bad, sent }, index) => {
            if (!bad) return [];
            const { code, field, message } = bad;
            const event_id =
              typeof sent === 'object' && sent !== null && 'event_id' in sent ? sent.event_id : undefined;
            return [{ index, event_id: event_id ?? null, code, field, message }];
          });
          expect(status).toBe(202);
          expect(body).toEqual({ accepted: chunk.length - rejected.length, rejected });
        }),
      );
    }
  };

  /** The same straight into the log; answers the dead letters there have to be. */
  const sendToTheLog = async (): Promise<string[]> => {
    const common = { store_id: TOPIC_STORE };
    // Whose key is wrong lies in another partition than its visitor's other events.
    const keys = [null, '', `another:visitor`];
    const good = journeys(TOPIC_STORE, JOURNEYS).map(
      (event, i): Sent => ({
        key: i % 10 < keys.length ? (keys[i % 10] ?? null) : `${TOPIC_STORE}:${event.visitor_id}`,
        value: Buffer.from(JSON.stringify({ ...event, ...common })),
      }),
    );
    const bytes = BAD_BYTES.map(({ code, bytes }) => ({
      code,
      field: '',
      message: `the event ${REJECT_DOCS[code]}`,
      bytes,
    }));
    const events = badEvents(GOOD - bytes.length, 'unknown_store', common).map(({ sent, ...reason }) => ({
      ...reason,
      bytes: Buffer.from(JSON.stringify(sent)),
    }));
    const bad = [...bytes, ...events];
    const mixed = good.flatMap((record, i): Sent[] => [record, { key: `bad ${i}`, value: bad[i]?.bytes ?? null }]);
    for (const chunk of inChunks(mixed, 1_000)) await append(chunk);
    await append(mixed.filter((_, i) => i % 20 === 0));
    return bad.map(({ code, field, message, bytes }) => [code, field, message, bytes?.toString('latin1')].join(' | '));
  };

  test(`of ${GOOD} good and ${GOOD} bad events over HTTP, and as many straight into the log, each bad one has its reason and each good one is in the reports once`, async () => {
    const [expected] = await Promise.all([sendToTheLog(), sendOverHttp()]);
    await pipeline.settled([HTTP_STORE, TOPIC_STORE]);

    const truth = reportsFor(truthOf(JOURNEYS));
    expect(await reportsOf(pipeline, HTTP_STORE)).toEqual(truth);
    expect(await reportsOf(pipeline, TOPIC_STORE)).toEqual(truth);
    const letters = await deadLetters();
    const found = letters.map(({ reason: { code, field, message }, value }) =>
      [code, field, message, value?.toString('latin1')].join(' | '),
    );
    expect(found.sort(byText)).toEqual(expected.sort(byText));
    const origins = new Set(
      letters.map(({ origin: { topic, partition, offset } }) => `${topic}/${partition}/${offset}`),
    );
    expect(origins.size).toBe(GOOD);
  });

  test('a message of 2 MB straight into the log is refused by name, or a dead letter once the log takes it', async () => {
    const { log, topic } = pipeline;
    const keyed = (value: Buffer): Sent => ({ key: 'large:big', value });
    const large = (bytes: number): Sent => {
      const [visit] = journey('large', 99);
      const empty = JSON.stringify({ ...visit, store_id: 'large', page: { title: '' } });
      return keyed(Buffer.from(empty.replace('""', `"${'x'.repeat(bytes - Buffer.byteLength(empty))}"`)));
    };
    const good = (number: number): Sent[] =>
      journey('large', number).map((event) => keyed(Buffer.from(JSON.stringify({ ...event, store_id: 'large' }))));
    const twoMb = large(2_000_000);

    await expect(log.produce(topic, [{ key: 'large:big', value: twoMb.value }])).rejects.toMatchObject({
      name: 'EventLogError',
      code: 'too_large',
      retriable: false,
      message: 'record 0 has 2000009 bytes: the log takes at most 1000000 a record',
    });
    const kept = [large(900_000)];
    // Fits into the log, but no more with its reason beside it.
    const stubs = [large(999_980)];
    for (const some of [good(0), kept, good(1), stubs, good(2)]) await append(some);
    if (driver === 'kafka') {
      await expect(append([twoMb])).rejects.toMatchObject({
        type: 'MESSAGE_TOO_LARGE',
        message: 'The request included a message larger than the max message size the server will accept',
      });
      await allowLarge(topic);
      stubs.push(twoMb);
      await append([twoMb]);
    }
    await append(good(3));
    await pipeline.settled(['large']);

    expect(await reportsOf(pipeline, 'large')).toEqual(reportsFor(truthOf(4)));
    const letters = (await deadLetters()).filter(({ value, stub }) => stub !== null || (value?.length ?? 0) > 100_000);
    for (const { reason, origin } of letters) {
      expect(reason).toEqual({ code: 'too_large', field: '', message: `the event ${REJECT_DOCS.too_large}` });
      expect(origin.topic).toBe(topic);
    }
    expect(letters.flatMap(({ value }) => (value ? [sha256(value)] : []))).toEqual(
      kept.map(({ value }) => sha256(value)),
    );
    const digests = stubs.map(({ value }) => ({ sha256: sha256(value), bytes: value?.length }));
    expect(letters.flatMap(({ stub }) => stub ?? [])).toEqual(digests);
  });
});
