import type { ProduceRecord } from '@cartledger/event-log';
import { LIST_LETTERS, type Query } from '@cartledger/operations';
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { eventOf } from './ingest-events.ts';
import { type IngestWorld, type LogDriver, startIngestWorld } from './ingest-world.ts';
import { cartledger, operate } from './operated-ingest.ts';
import { startService } from './service-process.ts';
import { eventually } from './until.ts';

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const NOW = Date.now();

const events = (count: number, store_id: string): ProduceRecord[] =>
  Array.from({ length: count }, (_, n) => eventOf(n, { store_id, event_id: `${store_id}-${n}` }, NOW));
const bad = (value: Buffer): ProduceRecord => ({ key: 'demo:bad', value });

const start = async (driver: LogDriver, partitions = 2): Promise<IngestWorld> =>
  stack.use(await startIngestWorld(driver, { partitions }));
/** How many letters are meant. */
const letters = async (world: IngestWorld, query: Query<typeof LIST_LETTERS.query> = {}): Promise<number> =>
  (await world.ask(LIST_LETTERS, { query })).total;

const idsOf = (count: number, store_id: string): string[] =>
  Array.from({ length: count }, (_, n) => `${store_id}-${n}`).sort((a, b) => (a < b ? -1 : 1));

describe.each(['embedded', 'kafka'] as const)('over the %s log', (driver) => {
  test('events of a store that is made later are replayed and count once, as they were received', async () => {
    const world = await start(driver);
    const { run, json } = await operate(world, stack);
    await world.produce([
      ...events(300, 'late'),
      ...events(50, 'demo'),
      bad(Buffer.from('{"event_id":')),
      bad(Buffer.from([0xff, 0xfe, 0x00])),
    ]);
    await eventually(async () => (await letters(world)) === 302);
    expect(await letters(world, { store: 'late', reason: 'unknown_store' })).toBe(300);
    const listed = async (...args: string[]) =>
      LIST_LETTERS.answer.parse(await json('dead-letters', 'list', '--format', 'json', ...args));
    expect((await listed('--from', '1h', '--reason', 'malformed_json')).total).toBe(2);
    expect((await listed('--to', '1h')).total).toBe(0);
    const shown = await run('dead-letters', 'list', '--limit', '3');
    expect(shown.out).toMatch(
      /^302 letters \(times are UTC\)\n {2}malformed_json: 2 open\n {2}unknown_store: 300 open\n/,
    );
    expect(shown.err).toContain('3 are shown, the newest first');

    await world.control.stores.create('late');
    const replayed = await run('dead-letters', 'replay', '--reason', 'unknown_store', '--store', 'late');
    expect(replayed).toMatchObject({ status: 0, err: expect.stringContaining('Replay 1: 300 letters sent once more') });
    await eventually(async () => (await world.keptIds()).length === 350);
    expect(await world.keptIds()).toEqual([...idsOf(50, 'demo'), ...idsOf(300, 'late')]);
    const again = await run('dead-letters', 'replay', '--store', 'late');
    expect(again).toMatchObject({ status: 0, err: expect.stringContaining('Nothing to replay') });

    const malformed = await listed('--reason', 'malformed_json');
    const binary = malformed.letters.find(({ bytes }) => bytes === 3)?.id ?? '';
    expect(await json('dead-letters', 'show', binary, '--json')).toMatchObject({
      value: { encoding: 'base64', data: '//4A' },
      remedy: expect.stringContaining('JSON'),
    });
    // Not mended: it comes back, and names its first.
    expect(await run('dead-letters', 'replay', binary)).toMatchObject({ status: 0 });
    await eventually(async () => (await letters(world, { reason: 'malformed_json' })) === 3);
    expect(await json('dead-letters', 'show', binary, '--json')).toMatchObject({
      state: 'replayed',
      failed_again_as: expect.stringMatching(/\/\d+\/\d+$/),
    });
  });

  test('a range that stops its partition is set aside without a restart, and can be replayed once it is mended', async () => {
    const world = await start(driver);
    const { ingest, run } = await operate(world, stack);
    // An answer of the server that is about nothing in particular, so that it is waited out for ever.
    await world.clickhouse.command(
      "ALTER TABLE events ADD CONSTRAINT poison CHECK intDiv(1, if(event_id = 'demo-7', 0, 1)) = 1",
    );
    await world.produce(events(100, 'demo'));
    const stateOf = () => ingest.partitions().find(({ state }) => state.name !== 'reading');
    await eventually(() => stateOf() !== undefined);
    const blocked = stateOf()?.partition ?? -1;
    await eventually(async () => (await world.keptIds()).length > 0);
    const status = await run('ingest', 'status');
    expect(status.out).toContain('waiting on store');
    expect(status.out).toMatch(
      new RegExp(`Partition ${blocked} has waited .* for ClickHouse, to write events \\(ILLEGAL_DIVISION\\)`),
    );

    // Where it is, the log tells.
    const { log, topics } = world;
    let offset = -1n;
    for await (const record of log.read(topics.topic, blocked, 0n, 1_000n))
      if (record.value?.includes('"demo-7"')) offset = record.offset;
    const range = ['--partition', String(blocked), '--from', String(offset), '--to', String(offset)];
    const receipt = await run('ingest', 'quarantine', ...range, '--reason', 'demo-7 stops the table');
    expect(receipt).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^q1: partition \d, offset \d+, .*demo-7 stops/),
    });
    await eventually(async () => (await world.keptIds()).length === 99);
    expect(await letters(world, { reason: 'quarantined' })).toBe(1);
    expect((await run('ingest', 'status')).out).toContain('Set aside:\n  q1:');
    expect((await run('ingest', 'quarantine', '--list')).out).toContain('q1:');

    await world.clickhouse.command('ALTER TABLE events DROP CONSTRAINT poison');
    expect(await run('dead-letters', 'replay', '--reason', 'quarantined')).toMatchObject({ status: 0 });
    await eventually(async () => (await world.keptIds()).length === 100);
    expect(await world.keptIds()).toEqual(idsOf(100, 'demo'));
  });
});

test('ingest and the command killed in the midst of a replay: begun again, each letter counts once', async () => {
  const world = await start('kafka');
  const { topic, deadLettersTopic, groupId } = world.topics;
  const service = () =>
    startService(stack, 'ingest', {
      CARTLEDGER_KAFKA_BROKERS: inject('kafkaBrokers'),
      CARTLEDGER_CLICKHOUSE_URL: inject('clickhouseUrl'),
      CARTLEDGER_CLICKHOUSE_DATABASE: world.database,
      CARTLEDGER_DATA: world.dir,
      CARTLEDGER_INGEST_PORT: '0',
      CARTLEDGER_INGEST_GROUP: groupId,
      CARTLEDGER_EVENTS_TOPIC: topic,
      CARTLEDGER_DEAD_LETTERS_TOPIC: deadLettersTopic,
    });
  const LETTERS = 12_000;
  const all = events(LETTERS, 'late');
  for (let i = 0; i < LETTERS; i += 2_000) await world.produce(all.slice(i, i + 2_000));
  const first = await service();
  const end = async (name: string): Promise<bigint> =>
    (await world.log.offsets(name)).reduce((sum, one) => sum + one.end, 0n);
  await eventually(async () => (await end(deadLettersTopic)) === BigInt(LETTERS));
  await world.control.stores.create('late');

  type Stored = { runs: { replayed: number; endedAt: number | null }[] };
  const stored = async () =>
    ((await world.control.state.get(`ingest/replays/${deadLettersTopic}`)) as Stored | null)?.runs;
  const killed = cartledger({ url: first.url, token: world.token }, ['dead-letters', 'replay', '--all']);
  await eventually(async () => ((await stored())?.[0]?.replayed ?? 0) > 0);
  await first.kill();
  killed.child.kill('SIGKILL');
  await killed.ended;
  const [run] = (await stored()) ?? [];
  expect(run).toMatchObject({ endedAt: null });
  expect(run?.replayed).toBeLessThan(LETTERS);

  const second = await service();
  const at = { url: second.url, token: world.token };
  // Two at once, to go on with it.
  const [one, other] = await Promise.all(
    ['--all', '--all'].map((option) => cartledger(at, ['dead-letters', 'replay', option]).ended),
  );
  expect([one?.status, other?.status]).toEqual([0, 0]);
  expect(`${one?.err}${other?.err}`).toContain('Going on with replay 1');
  await eventually(async () => (await world.keptIds()).length === LETTERS);
  expect(await world.keptIds()).toEqual(idsOf(LETTERS, 'late'));
  expect(await stored()).toMatchObject([{ replayed: LETTERS, endedAt: expect.any(Number) }]);
  // The killed one's last slice at most came twice.
  const sent = Number(await end(topic)) - LETTERS;
  expect(sent).toBeGreaterThanOrEqual(LETTERS);
  expect(sent).toBeLessThanOrEqual(LETTERS + 500);
  expect(await end(deadLettersTopic)).toBe(BigInt(LETTERS));
});

test('a letter too large for its topic leaves a stub, which is replayed from the log, or said to be lost', async () => {
  const world = await start('kafka', 1);
  const { topic, deadLettersTopic } = world.topics;
  const admin = new Kafka({ brokers: inject('kafkaBrokers').split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  stack.defer(() => admin.disconnect());
  const { run } = await operate(world, stack);
  // It runs: at its start it would have refused the setting that follows.
  await world.produce(events(1, 'demo'));
  await eventually(async () => (await world.keptIds()).length === 1);
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: deadLettersTopic,
        configEntries: [{ name: 'max.message.bytes', value: '10000' }],
      },
    ],
  });
  const large = (event_id: string): ProduceRecord =>
    eventOf(1, { event_id, store_id: 'late', page: { url: `https://shop.example/${'x'.repeat(20_000)}` } }, NOW);
  await world.produce([large('large-1')]);
  await eventually(async () => (await letters(world)) === 1);
  expect((await run('dead-letters', 'show', '0/1')).out).toMatch(
    /too large for the dead-letter topic: 20,\d+ bytes, SHA-256 [0-9a-f]{64}/,
  );
  await world.control.stores.create('late');
  expect(await run('dead-letters', 'replay', '0/1')).toMatchObject({ status: 0 });
  await eventually(async () => (await world.keptIds()).length === 2);

  await world.produce([
    { ...large('large-2'), key: 'gone:v1', value: Buffer.from(`{"store_id":"gone","x":"${'y'.repeat(20_000)}"`) },
  ]);
  await eventually(async () => (await letters(world)) === 2);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
  const lost = await run('dead-letters', 'replay', '--all');
  expect(lost).toMatchObject({ status: 1, err: expect.stringContaining('1 is lost') });
  expect(await letters(world, { state: 'lost' })).toBe(1);
});
