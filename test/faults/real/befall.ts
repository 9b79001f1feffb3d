/** Does to a round what its plan says. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import type { Fault, Plan } from './plan.ts';
import type { Senders } from './senders.ts';
import type { Servers } from './servers.ts';
import type { Topic } from './topic.ts';

export type Stage = { servers: Servers; fleet: Fleet; senders: Senders; topic: Topic; plan: Plan };

const READ_MS = 60_000;

const readThrough = async (topic: Topic): Promise<void> => {
  const deadline = performance.now() + READ_MS;
  // Not known while the group has no coordinator, for instance.
  while ((await topic.lag().catch(() => null)) !== 0n) {
    if (performance.now() > deadline) throw new Error('the topic was not read through');
    await delay(100);
  }
};

const befallOne = async (fault: Fault, { servers, fleet, senders, topic, plan }: Stage): Promise<void> => {
  const { kafka, store } = servers;
  const meanwhile = (): Promise<void> => delay(fault.ms);
  switch (fault.what) {
    case 'none':
      return;
    case 'kill':
      return fleet.kill(fault.role);
    case 'terminate':
      return fleet.terminate(fault.role);
    case 'pause':
      fleet.pause(fault.role);
      await meanwhile();
      return fleet.resume(fault.role);
    case 'broker_kill':
      await kafka.kill();
      await meanwhile();
      return kafka.restart();
    case 'broker_pause':
      await kafka.pause();
      await meanwhile();
      return kafka.resume();
    case 'store_kill':
      await store.kill();
      await meanwhile();
      return store.start();
    case 'store_pause':
      store.pause();
      await meanwhile();
      return store.resume();
    case 'store_full':
      // The disk of others is not for filling up.
      if (!store.hasOwnDisk) return;
      await store.fill();
      await meanwhile();
      return store.empty();
    case 'remake_read':
    case 'remake_unread': {
      await senders.pause();
      if (fault.what === 'remake_read') await readThrough(topic);
      await topic.remake(1 + (plan.seed % 4));
      return senders.resume();
    }
  }
};

/** Resolves when all of it has happened and is over. */
export const befall = async (stage: Stage, onFault: (fault: Fault) => void): Promise<void> => {
  const begun = performance.now();
  await Promise.all(
    stage.plan.faults.map(async (fault) => {
      await delay(Math.max(0, begun + fault.at - performance.now()));
      onFault(fault);
      await befallOne(fault, stage);
    }),
  );
};
