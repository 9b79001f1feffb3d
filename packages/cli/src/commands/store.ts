import type { Command } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { type Format, list, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';

const storeRow = z.looseObject({
  store_id: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  stages: z.array(z.string()),
});

type CreateOptions = InstanceOptions & { timeZone?: string; currency?: string; stages?: string[] };

const create = async (id: string, options: CreateOptions): Promise<void> => {
  const client = createClient(await findInstance(options));
  const { timeZone: time_zone, currency, stages } = options;
  const response = await client.send('POST', '/api/v1/stores', {
    json: {
      store_id: id,
      ...(time_zone !== undefined && { time_zone }),
      ...(currency !== undefined && { currency }),
      ...(stages !== undefined && { stages }),
    },
  });
  await response.body?.cancel();
  const where = options.data === undefined ? '' : ` --data ${options.data}`;
  say(
    `Store ${id} is made. Next: a key to send events with, \`npx cartledger keys create --store ${id} --scope events:write${where}\`.`,
  );
};

const listStores = async (options: InstanceOptions & { format: Format }): Promise<void> => {
  const client = createClient(await findInstance(options));
  const response = await client.send('GET', '/api/v1/stores');
  const { stores } = z.object({ stores: z.array(storeRow) }).parse(await response.json());
  print(
    options.format,
    stores,
    [{ name: 'store_id' }, { name: 'time_zone' }, { name: 'currency' }, { name: 'stages' }],
    stores.map((store) => [store.store_id, store.time_zone, store.currency, store.stages.join(' ')]),
  );
};

export const addStore = (program: Command): void => {
  const store = program.command('store').description('stores: make and list them');
  withInstance(store.command('create').argument('<id>', '1 to 64 of a-z 0-9 _ -'))
    .description('make a store')
    .option('--time-zone <zone>', 'IANA zone its days are cut in, such as Europe/Berlin (default: UTC)')
    .option('--currency <code>', 'reporting currency, ISO 4217 (default: EUR)')
    .option('--stages <a,b,c>', 'its funnel (default: visit,product_view,add_to_cart,checkout,purchase)', list)
    .action(create);
  withFormat(withInstance(store.command('list')))
    .description('list the stores')
    .action(listStores);
};
