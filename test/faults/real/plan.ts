/** What goes wrong in a round, drawn from its seed. */
import { createRandom, type Random } from '@cartledger/funnel/testing';
import { AGGREGATOR_AIMS, type Aim, COLLECTOR_AIMS, INGEST_AIMS, nameOfAim, SPOOL_AIMS } from './aims.ts';
import type { Role } from './fleet.ts';

export const SERVER_FAULTS = [
  'broker_kill',
  'store_kill',
  'remake_read',
  'store_full',
  'broker_pause',
  'store_pause',
  'remake_unread',
  'none',
] as const;
type ServerFault = (typeof SERVER_FAULTS)[number];
export const PROCESS_FAULTS = ['kill', 'pause', 'terminate'] as const;
type ProcessFault = (typeof PROCESS_FAULTS)[number];

/** `at` and `ms` in ms after the round's beginning, and how long. */
export type Fault =
  | { readonly at: number; readonly what: ServerFault; readonly ms: number }
  | { readonly at: number; readonly what: ProcessFault; readonly role: Role; readonly ms: number };

export type Plan = {
  readonly seed: number;
  readonly roles: readonly Role[];
  readonly aims: Readonly<Partial<Record<Role, readonly Aim[]>>>;
  readonly faults: readonly Fault[];
  readonly partitions: number;
  readonly events: number;
  readonly trafficMs: number;
  /** Of one that stops itself. */
  readonly stoppedMs: number;
  readonly restartMs: number;
};

/** Longer than a session of the group (10 s), and than the lease of aggregators (LEASE_MS). */
const ZOMBIE_MS = 12_500;

const LASTS_MS: Record<ServerFault, readonly [number, number]> = {
  none: [0, 0],
  broker_kill: [300, 3_000],
  broker_pause: [3_000, 7_000],
  store_kill: [300, 3_000],
  store_pause: [1_000, 7_000],
  store_full: [1_500, 5_000],
  remake_read: [0, 0],
  remake_unread: [0, 0],
};

const between = (random: Random, [least, most]: readonly [number, number]): number =>
  least + random.below(most - least + 1);

const at = <T>(list: readonly T[], index: number): T[] => list.slice(index % list.length).slice(0, 1);

/** Steps that come once in a while only. */
const RARE = /dead letters|intake_runs|funnel_days|spool/;

/** The server's fault and the aims go round by the seed, so that eight rounds in a row have them all; the rest is chance. */
export const planOf = (seed: number): Plan => {
  const random = createRandom(seed);
  const roles: Role[] = ['collector', 'ingest-1', 'ingest-2', 'aggregator-1'];
  if (random.chance(0.5)) roles.push('aggregator-2');
  const nth = (aim: Aim): Aim => ({ ...aim, nth: RARE.test(aim.step) ? 1 : 1 + random.below(2) });

  const server = SERVER_FAULTS[seed % SERVER_FAULTS.length] ?? 'none';
  const isLogAway = server === 'broker_kill' || server === 'broker_pause';
  const isRemade = server === 'remake_read' || server === 'remake_unread';
  const spooling = Math.floor(seed / 4);
  const runs = [...at(AGGREGATOR_AIMS, seed * 2), ...at(AGGREGATOR_AIMS, seed * 2 + 1)];
  const aims = {
    // Nobody must write to a topic while it is made anew.
    collector: isRemade
      ? []
      : isLogAway
        ? [...at(SPOOL_AIMS, spooling), ...at(SPOOL_AIMS, spooling + 1)]
        : at(COLLECTOR_AIMS, spooling + seed).map(nth),
    'ingest-1': at(INGEST_AIMS, seed * 2).map(nth),
    'ingest-2': at(INGEST_AIMS, seed * 2 + 1).map(nth),
    // One after the other, each by whoever has the lease by then.
    'aggregator-1': runs,
    'aggregator-2': runs,
  };

  const process = PROCESS_FAULTS[seed % PROCESS_FAULTS.length] ?? 'kill';
  const role = roles[random.below(roles.length)] ?? 'ingest-1';
  const pausedMs = role !== 'collector' && random.chance(0.5) ? ZOMBIE_MS : 500 + random.below(3_000);
  const faults: Fault[] = [
    { at: 1_000 + random.below(5_000), what: process, role, ms: process === 'pause' ? pausedMs : 0 },
    { at: 1_500 + random.below(2_500), what: server, ms: between(random, LASTS_MS[server]) },
  ];
  return {
    seed,
    roles,
    aims,
    faults: faults.filter(({ what }) => what !== 'none'),
    partitions: 2 + random.below(3),
    events: 400 + random.below(500),
    trafficMs: 6_000,
    stoppedMs: random.chance(0.25) ? 3_000 : ZOMBIE_MS,
    restartMs: 100 + random.below(900),
  };
};

/** On one line. */
export const describePlan = ({ aims, faults }: Plan): string => {
  const done = faults.map((fault) => {
    const whom = 'role' in fault ? ` ${fault.role}` : '';
    const long = fault.ms > 0 ? ` for ${fault.ms} ms` : '';
    return `${fault.what}${whom} at ${fault.at} ms${long}`;
  });
  const aimed = Object.entries(aims).flatMap(([role, some]) =>
    some.map((aim) => `${role} ${aim.signal === 'SIGKILL' ? 'killed ' : ''}${nameOfAim(aim)} ${aim.nth}`),
  );
  return [...done, ...aimed].join(', ');
};
