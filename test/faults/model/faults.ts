import { EVENTS_TOPIC } from '@cartledger/event-log';
import type { Stage } from './seed.ts';
import type { Process } from './world/processes.ts';
import { FAULTS, type Fault } from './world/profiles.ts';
import type { World } from './world/scheduler.ts';

const PAUSES_MS = [3_000, 800, 12_000, 25_000, 60_000] as const;
const DOWN_MS = [500, 3_000, 12_000, 40_000] as const;

type Act = (world: World, stage: Stage) => void;

const oneOf = <T>(world: World, of: readonly T[], what: string): T | undefined => of[world.below(of.length, what)];

const onProcess =
  (act: (world: World, stage: Stage, process: Process) => void): Act =>
  (world, stage) => {
    const alive = stage.fleet.running.map(({ process }) => process).filter(({ state }) => state === 'alive');
    const process = alive.length === 0 ? undefined : oneOf(world, alive, 'whom');
    if (process !== undefined) act(world, stage, process);
  };

const ms = (world: World, of: readonly number[]): number => oneOf(world, of, 'how long') ?? 0;

const remake: Act = (world, { broker, groups }) => {
  const topic = broker.find(EVENTS_TOPIC);
  if (topic === null) return;
  const partitions = [topic.partitions.length, 1, 2, 3][world.below(4, 'partitions anew')] ?? 1;
  // The broker forgets the group's offsets with the topic, or finds out later and keeps them.
  const forgets = world.below(2, 'commits are gone') === 1;
  if (forgets) for (const group of groups.all) if (group.topic === EVENTS_TOPIC) group.commits.clear();
  broker.remake(EVENTS_TOPIC, partitions);
};

const truncate: Act = (world, { broker }) => {
  const partition = oneOf(world, broker.find(EVENTS_TOPIC)?.partitions ?? [], 'partition');
  if (partition === undefined) return;
  const share = BigInt(1 + world.below(4, 'how much'));
  const before = partition.earliest + ((partition.end - partition.earliest) * share) / 4n;
  broker.truncate(EVENTS_TOPIC, partition.index, before);
};

const ACTS: Readonly<Record<Fault, Act>> = {
  kill: onProcess((_, { fleet }, process) => fleet.kill(process)),
  pause: onProcess((world, _, process) => world.pause(process, ms(world, PAUSES_MS))),
  terminate: onProcess((_, { fleet }, process) => fleet.terminate(process)),
  rebalance: (_, { groups }) => {
    for (const group of groups.all) groups.rebalance(group);
  },
  expel: (world, { groups }) => {
    const members = groups.all.flatMap((group) => group.members);
    const member = members.length === 0 ? undefined : oneOf(world, members, 'whom');
    if (member !== undefined) groups.expel(member);
  },
  remake,
  truncate,
  store_down: (world, { store }) =>
    store.restart(ms(world, DOWN_MS), () => world.below(2, 'lands though it went down') === 1),
  store_read_only: (world, { store }) => store.readOnly(ms(world, DOWN_MS)),
  log_down: (world, { broker }) => broker.down(ms(world, DOWN_MS)),
  control_down: (world, { controlDown }) => controlDown(ms(world, DOWN_MS)),
  clock_jump: (world, { fleet }) => fleet.sleep(1 + world.below(30, 'hours')),
};

/** One fault of the profile's. */
export const befall = (world: World, stage: Stage): void => {
  const { faults } = world.profile;
  const possible = FAULTS.filter((fault) => faults[fault] > 0);
  const fault = possible[world.pick([1, ...possible.map((name) => faults[name])], 'fault') - 1];
  if (fault === undefined) return;
  world.count(`fault ${fault}`);
  world.say(`fault: ${fault}`);
  ACTS[fault](world, stage);
};
