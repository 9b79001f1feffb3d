import type { Control } from '@cartledger/control';
import type { Running } from '@cartledger/service';
import { demoWriteKey } from './access.ts';
import type { Terminal } from './terminal.ts';

export const DEMO_STORE = 'demo';

export type DemoDeps = {
  control: Control;
  data: string;
  terminal: Terminal;
};

export type Demo = Running & { writeKey: string };

export const startDemo = async ({ control, data }: DemoDeps): Promise<Demo> => {
  if (!(await control.stores.get(DEMO_STORE)))
    await control.stores.create(DEMO_STORE, { time_zone: 'Europe/Berlin', currency: 'EUR' });
  return { writeKey: await demoWriteKey(control, data, DEMO_STORE), stop: async () => undefined };
};
