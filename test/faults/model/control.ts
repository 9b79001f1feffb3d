import { type Control, createControl } from '@cartledger/control';
import { call, type Plan } from './world/calls.ts';
import type { Process } from './world/processes.ts';
import type { World } from './world/scheduler.ts';

/** What the services of these seeds ask of the control store. */
export type ModelControl = {
  stores: Pick<Control['stores'], 'get' | 'list'>;
  keys: Pick<Control['keys'], 'verify'>;
  positions: Pick<Control['positions'], 'report' | 'keepOnly'>;
  rejections: Pick<Control['rejections'], 'add'>;
};

const READ: readonly Plan[] = ['ok', 'refused', 'lost_request', 'lost_answer'];
const WRITE: readonly Plan[] = [...READ, 'late', 'twice'];

/** The real control store on a SQLite in memory, behind calls that suffer what calls suffer. */
export const createModelControl = async (world: World) => {
  const control = createControl({ dialect: 'sqlite', path: ':memory:' }, { now: world.now });
  await control.migrate();
  let downUntil = Number.NEGATIVE_INFINITY;

  const connect = (process: Process): ModelControl => {
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
      stores: {
        get: (store_id) => ask('get store', READ, () => control.stores.get(store_id)),
        list: () => ask('list stores', READ, () => control.stores.list()),
      },
      keys: { verify: (key) => ask('verify key', READ, () => control.keys.verify(key)) },
      positions: {
        report: (rows) =>
          ask('report positions', WRITE, async () => {
            await control.positions.report(rows);
            for (const row of rows) world.observe('reported', row);
          }),
        keepOnly: (topic, partitions) =>
          ask('keep positions', WRITE, () => control.positions.keepOnly(topic, partitions)),
      },
      rejections: { add: (rows) => ask('add rejections', READ, () => control.rejections.add(rows)) },
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
