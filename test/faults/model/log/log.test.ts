import { eventLogConformance } from '@cartledger/event-log/conformance';
import { createFreeWorld } from '../world/free.ts';
import { createBroker } from './broker.ts';
import { connectLog } from './client.ts';
import { createGroups } from './groups.ts';

eventLogConformance('the model log', async () => {
  const { world, stop } = createFreeWorld();
  const broker = createBroker(world);
  const groups = createGroups(world, broker);
  const open = () => connectLog(world, { broker, groups }, world.spawn('process'));
  return {
    log: open(),
    reopen: async () => open(),
    another: async () => open(),
    deleteTopic: async (topic) => broker.delete(topic),
    truncate: async (topic, partition, before) => broker.truncate(topic, partition, before),
    shorten: async (topic, groupId, partition, by) => {
      const committed = groups.find(topic, groupId).commits.get(partition)?.offset ?? 0n;
      broker.cut(topic, partition, committed - by);
      return open();
    },
    close: async () => stop(),
  };
});
