import { type Control, createControl } from '@cartledger/control';
import { call, type Plan } from './world/calls.ts';
import type { Process } from './world/processes.ts';
import type { World } from './world/scheduler.ts';

const READ: readonly Plan[] = ['ok', 'refused', 'lost_request', 'lost_answer'];
const WRITE: readonly Plan[] = [...READ, 'late', 'twice'];
/** In order: a client asks for the next on the same connection. */
const WRITE_IN_TURN: readonly Plan[] = [...READ, 'twice'];

/** The real control store on a SQLite in memory, behind calls that suffer what calls suffer. */
export const createModelControl = async (world: World) => {
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: world.now });
  await control.migrate();
  let downUntil = Number.NEGATIVE_INFINITY;

  const connect = (process: Process): Control => {
    const ask = <T>(label: string, plans: readonly Plan[], land: () => Promise<T>): Promise<T> =>
      call(world, process, {
        label: `control ${label}`,
        server: 'control',
        plans,
        down: () => (world.now() < downUntil ? new Error('the control store is down') : null),
        land,
        refuse: () => new Error('the control store refuses'),
        timeout: () => new Error('the control store does not answer'),
      });
    return {
      ...control,
      leases: {
        acquire: (name, owner, ttlMs, atLeast) =>
          ask('acquire lease', WRITE, () => control.leases.acquire(name, owner, ttlMs, atLeast)),
        release: (name, owner) => ask('release lease', WRITE, () => control.leases.release(name, owner)),
      },
      state: {
        ...control.state,
        get: (name) => ask(`get ${name}`, READ, () => control.state.get(name)),
        setUnder: (lease, name, value) =>
          ask(`set ${name}`, WRITE_IN_TURN, async () => {
            const isSet = await control.state.setUnder(lease, name, value);
            if (isSet) world.observe('noted', { name, value });
            return isSet;
          }),
      },
      stores: {
        ...control.stores,
        get: (store_id) => ask('get store', READ, () => control.stores.get(store_id)),
        list: () => ask('list stores', READ, () => control.stores.list()),
      },
      keys: { ...control.keys, verify: (key) => ask('verify key', READ, () => control.keys.verify(key)) },
      positions: {
        list: (topic) => ask('list positions', READ, () => control.positions.list(topic)),
        report: (rows) =>
          ask('report positions', WRITE, async () => {
            await control.positions.report(rows);
            for (const row of rows) world.observe('reported', row);
          }),
        keepOnly: (topic, partitions) =>
          ask('keep positions', WRITE, () => control.positions.keepOnly(topic, partitions)),
      },
      rejections: {
        ...control.rejections,
        add: (rows) => ask('add rejections', READ, () => control.rejections.add(rows)),
      },
    };
  };

  return {
    control,
    connect,
    down: (ms: number): void => {
      downUntil = Math.max(downUntil, world.now() + ms);
    },
  };
};
