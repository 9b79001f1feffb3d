/** The processes of a round, each its service's own main.ts, started again whenever one ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@cartledger/local-stack';
import { AIM_VARIABLE, type Aim, DISARM } from './aims.ts';

export type Role = 'collector' | 'ingest-1' | 'ingest-2' | 'aggregator-1' | 'aggregator-2';

export type FleetConfig = {
  dir: string;
  brokers: string;
  clickhouseUrl: string;
  postgresUrl: string;
  database: string;
  topic: string;
  deadLettersTopic: string;
  groupId: string;
};

export type FleetOptions = {
  roles: readonly Role[];
  /** Of each role, one for each time that it is started. What several have is struck by the first that comes to it. */
  aims: Readonly<Partial<Record<Role, readonly Aim[]>>>;
  /** How long one that stopped itself is left so. */
  stoppedMs: number;
  restartMs: number;
  onEvent: (what: string) => void;
};

export type Fleet = {
  urlOf(role: Role): string;
  kill(role: Role): void;
  /** In order, as an upgrade does. */
  terminate(role: Role): void;
  pause(role: Role): void;
  resume(role: Role): void;
  /** Resolves when every aim was struck, or `isOver` says that none will be; and when those that stopped themselves go on. */
  struck(isOver: () => Promise<boolean>): Promise<void>;
  /** Resolves when all of them answer that they are ready, whatever befalls them meanwhile. */
  ready(): Promise<void>;
  /** All of them run, and none has an aim any more. */
  calm(): Promise<void>;
  stop(): Promise<void>;
};

const REGISTER = new URL('./aimed/register.ts', import.meta.url).href;
const PORTS = {
  collector: 'CARTLEDGER_COLLECTOR_PORT',
  ingest: 'CARTLEDGER_INGEST_PORT',
  aggregator: 'CARTLEDGER_AGGREGATOR_PORT',
} as const;
const READY_MS = 120_000;
const STRUCK_MS = 120_000;

const serviceOf = (role: Role): keyof typeof PORTS =>
  role === 'collector' ? role : role.startsWith('ingest') ? 'ingest' : 'aggregator';

const mainOf = (role: Role): string =>
  fileURLToPath(new URL(`../../../services/${serviceOf(role)}/src/main.ts`, import.meta.url));

type Member = {
  role: Role;
  port: number;
  aims: Aim[];
  /** What the present process has not come to yet. */
  aim: Aim | null;
  isStopped: boolean;
  child: ChildProcess | null;
  /** Who takes care of it until the end. */
  kept: Promise<void>;
};

export const startFleet = async (config: FleetConfig, options: FleetOptions): Promise<Fleet> => {
  const { dir, brokers, clickhouseUrl, postgresUrl, database, topic, deadLettersTopic, groupId } = config;
  const ending = new AbortController();
  const members = new Map<Role, Member>();
  let isCalm = false;
  mkdirSync(dir, { recursive: true });
  const environment = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    CARTLEDGER_KAFKA_BROKERS: brokers,
    CARTLEDGER_CLICKHOUSE_URL: clickhouseUrl,
    CARTLEDGER_CLICKHOUSE_DATABASE: database,
    CARTLEDGER_POSTGRES_URL: postgresUrl,
    CARTLEDGER_EVENTS_TOPIC: topic,
    CARTLEDGER_DEAD_LETTERS_TOPIC: deadLettersTopic,
    CARTLEDGER_INGEST_GROUP: groupId,
    CARTLEDGER_COLLECTOR_SPOOL_DIR: join(dir, 'spool'),
    CARTLEDGER_AGGREGATOR_TIME_PERCENT: '100',
    CARTLEDGER_AGGREGATOR_CRON: '*/2 * * * * *',
  };

  const forget = (struck: Aim): void => {
    for (const member of members.values()) {
      member.aims = member.aims.filter((aim) => aim !== struck);
      if (member.aim !== struck) continue;
      member.aim = null;
      member.child?.kill(DISARM);
    }
  };

  const start = (member: Member): ChildProcess => {
    const { role, port } = member;
    const log = openSync(join(dir, `${role}.log`), 'a');
    const aim = isCalm ? undefined : member.aims.shift();
    member.aim = aim ?? null;
    member.isStopped = false;
    const child = spawn(process.execPath, ['--import', REGISTER, mainOf(role)], {
      env: {
        ...environment,
        [PORTS[serviceOf(role)]]: String(port),
        ...(aim !== undefined && { [AIM_VARIABLE]: JSON.stringify(aim) }),
      },
      stdio: ['pipe', log, log, 'pipe'],
    });
    closeSync(log);
    // It may end before what it is told by this pipe has got there.
    child.stdin?.on('error', () => {});
    child.stdio[3]?.on('data', (data: unknown) => {
      const struck = String(data).trim();
      if (aim !== undefined) forget(aim);
      options.onEvent(`${serviceOf(role)} ${struck.startsWith('stopped') ? struck : `killed ${struck}`}`);
      if (!struck.startsWith('stopped')) return;
      member.isStopped = true;
      delay(options.stoppedMs, undefined, { signal: ending.signal }).then(
        () => {
          member.isStopped = false;
          child.kill('SIGCONT');
        },
        () => {}, // the end: it is killed
      );
    });
    return child;
  };

  const keep = async (member: Member): Promise<void> => {
    while (!ending.signal.aborted) {
      const child = start(member);
      member.child = child;
      const [code, signal]: unknown[] = await once(child, 'exit');
      if (ending.signal.aborted) return;
      if (signal === null) options.onEvent(`${serviceOf(member.role)} ended with ${code}`);
      await delay(options.restartMs, undefined, { signal: ending.signal }).catch(() => {}); // ending: not started again
    }
  };

  // One that is stopped does not see that its parent has ended.
  const end = (): void => {
    for (const { child } of members.values()) child?.kill('SIGKILL');
  };
  process.once('exit', end);

  for (const role of options.roles) {
    const member: Member = {
      role,
      port: await freePort(),
      aims: [...(options.aims[role] ?? [])],
      aim: null,
      isStopped: false,
      child: null,
      kept: Promise.resolve(),
    };
    members.set(role, member);
    member.kept = keep(member);
  }
  const send = (role: Role, signal: NodeJS.Signals): void => void members.get(role)?.child?.kill(signal);
  const urlOf = (role: Role): string => `http://127.0.0.1:${members.get(role)?.port}`;

  const answers = async (role: Role): Promise<void> => {
    const deadline = performance.now() + READY_MS;
    for (;;) {
      const response = await fetch(`${urlOf(role)}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
      const body = await response?.text();
      if (response?.ok) return;
      if (performance.now() > deadline) throw new Error(`${role} is not ready: ${body ?? 'no answer'}`);
      await delay(400);
    }
  };

  const ready = async (): Promise<void> => {
    await Promise.all([...members.keys()].map(answers));
  };

  const struck: Fleet['struck'] = async (isOver) => {
    const some = (holds: (member: Member) => boolean): boolean => [...members.values()].some(holds);
    const hasAim = ({ aim, aims }: Member): boolean => aim !== null || aims.length > 0;
    const deadline = performance.now() + STRUCK_MS;
    const waits = async (): Promise<boolean> => some(hasAim) && performance.now() < deadline && !(await isOver());
    while (some(({ isStopped }) => isStopped) || (await waits())) await delay(400);
  };

  return {
    urlOf,
    struck,
    ready,
    kill: (role) => send(role, 'SIGKILL'),
    terminate: (role) => send(role, 'SIGTERM'),
    pause: (role) => send(role, 'SIGSTOP'),
    resume: (role) => send(role, 'SIGCONT'),
    calm: async () => {
      isCalm = true;
      for (const role of members.keys()) {
        send(role, 'SIGCONT');
        send(role, DISARM);
      }
      await ready();
    },
    stop: async () => {
      ending.abort();
      end();
      process.off('exit', end);
      await Promise.all([...members.values()].map(({ kept }) => kept));
    },
  };
};
