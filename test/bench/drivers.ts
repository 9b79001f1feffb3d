/** What the Kafka log costs over each of its clients, side by side. See README.md. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createKafkaLog } from '@cartledger/event-log';
import { startKafka } from '@cartledger/local-stack';
import { z } from 'zod';
import { spreadOf } from './machine.ts';
import { readOptions } from './options.ts';
import { print, type Row } from './output.ts';

const options = readOptions('drivers', {
  records: { type: 'string', default: '500000' },
  repeat: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '20' },
  json: { type: 'boolean', default: false },
});
const [records, repeat, idleSeconds] = [Number(options.records), Number(options.repeat), Number(options.seconds)];
const PROGRAM = fileURLToPath(new URL('./drivers/client.ts', import.meta.url));
const DRIVERS = ['kafkajs', 'platformatic'] as const;
const PARTITIONS = 4;
const figures = z.record(z.string(), z.number());

await using stack = new AsyncDisposableStack();
const dir = mkdtempSync(join(tmpdir(), 'cartledger-bench-drivers-'));
stack.defer(() => rmSync(dir, { recursive: true, force: true }));
const kafka = await startKafka({ dir });
stack.defer(() => kafka.stop());

const startClient = (driver: (typeof DRIVERS)[number], topic: string) => {
  const child = fork(PROGRAM, [JSON.stringify({ brokers: kafka.brokers, driver, topic, records, idleSeconds })]);
  stack.defer(() => void child.kill('SIGKILL'));
  const answer = async (): Promise<Record<string, number>> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error(`the client over ${driver} ended`))),
    ]);
    return figures.parse(message);
  };
  const ask = (step: string): Promise<Record<string, number>> => {
    child.send(step);
    return answer();
  };
  return { answer, ask };
};

const measure = async (driver: (typeof DRIVERS)[number], round: number): Promise<Record<string, number>> => {
  const topic = `bench-${driver}-${round}`;
  await using log = createKafkaLog({ brokers: kafka.brokers, clientId: 'bench' });
  await log.ensureTopic(topic, { partitions: PARTITIONS });
  const client = startClient(driver, topic);
  const found = await client.answer();
  for (const step of ['produce', 'consume', 'idle', 'follow']) Object.assign(found, await client.ask(step));
  await kafka.kill();
  await kafka.restart();
  Object.assign(found, await client.ask('up'));
  await client.ask('stop');
  return found;
};

const runs = new Map<string, Record<string, number>[]>(DRIVERS.map((driver) => [driver, []]));
for (let round = 0; round < repeat; round++)
  for (const driver of round % 2 === 0 ? DRIVERS : DRIVERS.toReversed())
    runs.get(driver)?.push(await measure(driver, round));

const UNITS: [RegExp, string][] = [
  [/_ms_per_second$/, 'ms a second'],
  [/_per_second$/, 'records'],
  [/_cpu_us$/, 'us a record'],
  [/_ms|_ms_/, 'ms'],
  [/^mib$/, 'MiB'],
];
const unitOf = (what: string): string => UNITS.find(([of]) => of.test(what))?.[1] ?? '';
const names = Object.keys(runs.get('kafkajs')?.[0] ?? {});
const rows = names.flatMap((what) =>
  DRIVERS.map((driver): Row => {
    const values = (runs.get(driver) ?? []).map((run) => run[what] ?? Number.NaN);
    return { what: `${what} ${driver}`, unit: unitOf(what), ...spreadOf(values) };
  }),
);
print('the Kafka log over each client', rows, { records, partitions: PARTITIONS, bytes: 413, repeat }, options.json);
