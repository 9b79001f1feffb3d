/** A process that uses the log over one client. Each message names a step; it is answered with the step's figures. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaLog, loadKafkaDriver } from '@cartledger/event-log';
import { z } from 'zod';
import { mebibytesOf } from '../machine.ts';

const options = z
  .object({
    brokers: z.string(),
    driver: z.enum(['kafkajs', 'platformatic']),
    topic: z.string(),
    records: z.number(),
    idleSeconds: z.number(),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
const told = z.enum(['produce', 'consume', 'idle', 'follow', 'up', 'stop']);

const PER_CALL = 2_000;
const VALUE = Buffer.alloc(413, 'x');
const EVERY_MS = 20;
/** Records written and read again before the broker is killed. */
const IN_STEP = 50;

const driver = await loadKafkaDriver(options.driver);
/** Since the process began. */
const loadedMs = performance.now();
const log = createKafkaLog({ brokers: options.brokers, clientId: 'bench', driver });
const { topic, records } = options;
const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const recordOf = (n: number) => ({
  key: `store:visitor-${n % 5_000}`,
  value: VALUE,
  headers: { 'cartledger-received-at': '1760000000000' },
});

const produce = async (): Promise<Record<string, number>> => {
  await log.produce(topic, [recordOf(0)]);
  const call = Array.from({ length: PER_CALL }, (_, n) => recordOf(n));
  const from = { at: performance.now(), cpu: cpuUs() };
  for (let sent = 0; sent < records; sent += PER_CALL) await log.produce(topic, call);
  return {
    produced_per_second: (records * 1_000) / (performance.now() - from.at),
    produce_cpu_us: (cpuUs() - from.cpu) / records,
  };
};

let read = 0;
let last = { at: 0, cpu: 0 };
let first: typeof last | undefined;
const consume = async (): Promise<Record<string, number>> => {
  await log.consume({
    topic,
    groupId: `${topic}-${options.driver}`,
    handlers: {
      onAssigned: async () => 'earliest',
      onRevoked: () => {},
      onGap: () => {},
      onFatal: (error) => {
        throw error;
      },
      onBatch: (batch) => {
        first ??= { at: performance.now(), cpu: cpuUs() };
        read += batch.records.length;
        last = { at: performance.now(), cpu: cpuUs() };
      },
    },
  });
  while (read < records) await sleep(10);
  const from = first ?? last;
  return {
    consumed_per_second: (records * 1_000) / (last.at - from.at),
    consume_cpu_us: (last.cpu - from.cpu) / records,
  };
};

const idle = async (): Promise<Record<string, number>> => {
  await sleep(2_000);
  const from = cpuUs();
  await sleep(options.idleSeconds * 1_000);
  return { idle_cpu_ms_per_second: (cpuUs() - from) / 1_000 / options.idleSeconds, mib: mebibytesOf(process.pid) };
};

/** Writes and reads for as long as there is somebody to ask; the outage is the longest time without an answer. */
const outage = { write: 0, read: 0, failed: 0 };
let writing = false;
let acknowledged = 0;
const follow = async (): Promise<Record<string, number>> => {
  writing = true;
  const before = read;
  void (async () => {
    let lastAck = performance.now();
    let lastRead = performance.now();
    let seen = read;
    while (writing) {
      await log.produce(topic, [recordOf(0)]).then(
        () => {
          outage.write = Math.max(outage.write, performance.now() - lastAck);
          lastAck = performance.now();
          acknowledged += 1;
        },
        () => {
          outage.failed += 1;
        },
      );
      if (read > seen) {
        outage.read = Math.max(outage.read, performance.now() - lastRead);
        [seen, lastRead] = [read, performance.now()];
      }
      await sleep(EVERY_MS);
    }
  })();
  // The outage begins when both are in step.
  while (acknowledged < IN_STEP || read - before < IN_STEP) await sleep(EVERY_MS);
  return {};
};

/** The broker is back: until both go on. */
const up = async (): Promise<Record<string, number>> => {
  const from = performance.now();
  await log.produce(topic, [recordOf(0)]);
  const written = performance.now() - from;
  const before = read;
  while (read === before) await sleep(5);
  const back = performance.now() - from;
  await sleep(500);
  writing = false;
  return {
    written_ms_after_restart: written,
    read_ms_after_restart: back,
    longest_without_write_ms: outage.write,
    longest_without_read_ms: outage.read,
    writes_failed: outage.failed,
  };
};

const stop = async (): Promise<Record<string, number>> => {
  await log.stop();
  return {};
};

const STEPS = { produce, consume, idle, follow, up, stop };
process.on('message', async (message) => {
  const step = told.parse(message);
  process.send?.(await STEPS[step]());
  if (step === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(1));
process.send?.({ loaded_ms: loadedMs });
