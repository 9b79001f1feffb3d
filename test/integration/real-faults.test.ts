import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { AGGREGATOR_AIMS, COLLECTOR_AIMS, INGEST_AIMS, nameOfAim, SPOOL_AIMS } from '../faults/real/aims.ts';
import { describePlan, PROCESS_FAULTS, SERVER_FAULTS } from '../faults/real/plan.ts';
import { problemsOf, runRounds, type Told } from '../faults/real/rounds.ts';
import { canFillDisk } from '../faults/real/servers.ts';

const ROUNDS = Number(process.env.CARTLEDGER_REAL_ROUNDS ?? 8);
/** Each waits most of its time: for sessions and leases of the dead to run out. */
const LANES = 4;
const FROM = 0;

const logs = mkdtempSync(join(tmpdir(), 'real-faults-'));
const told: Told[] = [];
beforeAll(async () => {
  const asked = { from: FROM, rounds: ROUNDS, lanes: LANES, postgresUrl: inject('postgresUrl'), logs };
  await runRounds(asked, (one) => void told.push(one));
}, 900_000);
afterAll(() => {
  // Logs of rounds that failed are what tells why.
  if (told.every((one) => problemsOf(one).length === 0)) rmSync(logs, { recursive: true });
});

test('processes and servers killed, stopped and filled up at any point lose no event, count none twice and move no figure', () => {
  const failures = told.flatMap((one) =>
    problemsOf(one).map(
      (problem) => `seed ${one.plan.seed} (${describePlan(one.plan)}; logs in ${one.dir}): ${problem}`,
    ),
  );
  expect(failures).toEqual([]);
  expect(told).toHaveLength(ROUNDS);
});

test('each kind of fault has happened, and most of the points that are aimed at were struck', () => {
  const happened = new Set(told.flatMap(({ result }) => [...(result?.events.keys() ?? [])]));
  const faults = [...SERVER_FAULTS, ...PROCESS_FAULTS].filter(
    (fault) => fault !== 'none' && (fault !== 'store_full' || canFillDisk(logs)),
  );
  expect(faults.filter((fault) => !happened.has(fault))).toEqual([]);
  const points = (service: string, aims: typeof INGEST_AIMS): string[] =>
    aims.map((aim) => `${service} ${aim.signal === 'SIGKILL' ? 'killed ' : ''}${nameOfAim(aim)}`);
  const aimed = [
    ...points('ingest', INGEST_AIMS),
    ...points('aggregator', AGGREGATOR_AIMS),
    ...points('collector', [...COLLECTOR_AIMS, ...SPOOL_AIMS]),
  ];
  // Not all: who is slow to start finds nothing left to do at which he could be struck.
  const missed = aimed.filter((point) => !happened.has(point));
  expect(missed.length, missed.join(', ')).toBeLessThanOrEqual(aimed.length / 4);
});
