/** ClickHouse hangs (SIGSTOP): it takes connections and answers nothing, for longer than a member may be silent. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SESSION_TIMEOUT_MS } from '@cartledger/event-log';
import { type ClickHouse, startClickHouse } from '@cartledger/local-stack';
import { SHOW_STATUS } from '@cartledger/operations';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventsOf } from './ingest-events.ts';
import { startIngestWorld } from './ingest-world.ts';
import { eventually, until } from './until.ts';

const dir = mkdtempSync(join(tmpdir(), 'hung-store-'));
let server: ClickHouse;
beforeAll(async () => {
  server = await startClickHouse({ dir });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});

test('a ClickHouse that hangs for longer than the session is told of before it is over, costs no partition, and nothing is lost or counted twice', async () => {
  await using world = await startIngestWorld('kafka', { clickhouseUrl: server.url });
  onTestFinished(() => void process.kill(server.pid, 'SIGCONT'));
  const ingest = await world.start();
  await world.produce(eventsOf(0, 5_000));
  await world.settle();
  const assigned = () => ingest.partitions().map(({ partition, assignmentEpoch }) => ({ partition, assignmentEpoch }));
  const before = assigned();
  expect(before).toHaveLength(2);

  process.kill(server.pid, 'SIGSTOP');
  const begun = Date.now();
  await world.produce(eventsOf(5_000, 20_000));
  await until('not ready', SESSION_TIMEOUT_MS, () => !ingest.readiness().ready);
  expect(ingest.readiness().reason).toMatch(/^waiting for events for \d+ s: (unanswered|timeout)$/);
  await until('an insert given up', SESSION_TIMEOUT_MS, async () => {
    const { partitions } = await world.ask(SHOW_STATUS);
    return partitions.some(({ state, why }) => state === 'waiting' && why?.code === 'timeout');
  });
  const waits = ingest.partitions().flatMap(({ state }) => (state.name === 'waiting' ? [state.since - begun] : []));
  expect(Math.min(...waits)).toBeLessThan(3_000);
  expect(await world.clickhouse.ping()).toBe(false);
  await world.produce(eventsOf(20_000, 21_000));
  await eventually(() => Date.now() - begun > 1.5 * SESSION_TIMEOUT_MS);
  expect(assigned()).toEqual(before);

  process.kill(server.pid, 'SIGCONT');
  await world.settle();
  expect(assigned()).toEqual(before);
  expect(await world.kept()).toEqual({ events: 21_000, ids: 21_000 });
  expect(await world.counted()).toMatchObject({ delivered: 21_000 });
  await eventually(() => ingest.readiness().ready);
});
