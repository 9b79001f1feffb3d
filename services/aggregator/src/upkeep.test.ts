import type { ClickHouse } from '@cartledger/clickhouse';
import { expect, test } from 'vitest';
import { createUpkeep } from './upkeep.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2027, 0, 10, 12);

const world = () => {
  const commands: string[] = [];
  const failures: unknown[] = [];
  let broken = false;
  const clickhouse: Pick<ClickHouse, 'command'> = {
    command: async (sql) => {
      if (broken) throw new Error('the disk is full');
      commands.push(sql);
    },
  };
  let stored: unknown = null;
  const state = {
    get: async () => stored,
    set: async (_: string, value: unknown) => {
      stored = value;
    },
  };
  const upkeep = () =>
    createUpkeep({ clickhouse, state, onFailure: (error) => failures.push(error) }, { cleanupAgeMs: HOUR });
  return {
    commands,
    failures,
    upkeep,
    breakDown: (is: boolean) => {
      broken = is;
    },
  };
};

test('it is done once a day, whichever aggregator does it', async () => {
  const { commands, upkeep } = world();
  const first = upkeep();
  await first.run(NOON);
  await first.run(NOON + HOUR);
  await upkeep().run(NOON + HOUR);
  expect(commands).toHaveLength(2);
  await first.run(NOON + 24 * HOUR);
  expect(commands).toHaveLength(4);
});

test('one that fails stops no run, and is tried again an hour later', async () => {
  const { commands, failures, upkeep, breakDown } = world();
  const mine = upkeep();
  breakDown(true);
  await mine.run(NOON);
  await mine.run(NOON + HOUR - 1);
  expect(failures).toHaveLength(1);
  breakDown(false);
  await mine.run(NOON + HOUR - 1);
  expect(commands).toEqual([]);
  await mine.run(NOON + HOUR);
  expect(commands).toHaveLength(2);
});
