import { readFile } from 'node:fs/promises';
import type { DefinitionInput } from '@cartledger/control';
import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { type Command, Option } from 'commander';
import { z } from 'zod';
import { createClient } from '../client.ts';
import { CliError } from '../errors.ts';
import { findInstance, type InstanceOptions } from '../instance.ts';
import { day, type Format, list, version, withFormat, withInstance } from '../options.ts';
import { print, say } from '../output.ts';
import { historyOf, printYaml, storeFileOf } from '../store-file/print.ts';
import { readStoreFile } from '../store-file/read.ts';
import { setChanges, versionsMade } from '../store-file/set-changes.ts';
import { createStore, defineStore, fetchStore } from '../stores.ts';

const storeRow = z.looseObject({
  store_id: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  stages: z.array(z.string()),
});

type CreateOptions = InstanceOptions & { timeZone?: string; currency?: string; stages?: string[]; file?: string };

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CliError(`${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });

/** What the file changes in a definition; wrong usage when it cannot be used, with everything that is wrong with it. */
const changeOf = async (file: string, base: Definition): Promise<DefinitionInput> => {
  const read = readStoreFile(file, await textOf(file), base);
  if ('change' in read) return read.change;
  throw new CliError(read.problems.join('\n'), { exitStatus: 2 });
};

const create = async (id: string, options: CreateOptions): Promise<void> => {
  const { timeZone: time_zone, currency, stages, file } = options;
  const fromFile = file === undefined ? {} : await changeOf(file, DEFAULT_DEFINITION);
  const client = createClient(await findInstance(options));
  const { definition } = await createStore(client, id, {
    ...fromFile,
    ...(time_zone !== undefined && { time_zone }),
    ...(currency !== undefined && { currency }),
    ...(stages !== undefined && { stages }),
  });
  const where = options.data === undefined ? '' : ` --data ${options.data}`;
  say(
    `Store ${id} is made. Next: a key to send events with, \`npx cartledger keys create --store ${id} --scope events:write${where}\`.`,
  );
  say(
    `No event has matched its stages yet (${definition.stages.join(', ')}). Reports warn of one that none has matched for 30 days.`,
  );
};

const set = async (
  id: string,
  { file, from, ...instance }: InstanceOptions & { file: string; from?: string },
): Promise<void> => {
  const client = createClient(await findInstance(instance));
  const before = await fetchStore(client, id);
  const change = await changeOf(file, before.definition);
  const after = await defineStore(client, id, change, from);
  if (after.definition.version === before.definition.version) {
    say(`nothing changes: store ${id} stays at version ${before.definition.version} of its definition.`);
    return;
  }
  for (const line of setChanges(before, after)) process.stdout.write(`${line}\n`);
  say(`Store ${id} has ${versionsMade(before, after)}.`);
  say('Where it counts otherwise than before, reports follow as soon as all has been counted anew.');
};

type ShowOptions = InstanceOptions & { format: 'yaml' | 'json'; definitionVersion?: number };

const show = async (id: string, { format, definitionVersion, ...instance }: ShowOptions): Promise<void> => {
  const { definition: newest, versions } = await fetchStore(createClient(await findInstance(instance)), id);
  const asked = definitionVersion ?? newest.version;
  const shown = versions.find(({ definition }) => definition.version === asked)?.definition;
  if (!shown) {
    const known = versions.map(({ definition }) => definition.version).join(', ');
    throw new CliError(`store ${id} has no version ${asked} of its definition; it has ${known}`);
  }
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify(storeFileOf(shown), null, 2)}\n`
      : historyOf(id, asked, versions) + printYaml(shown),
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

const FILE_HELP = `
A store file says what the store's numbers are made by; what it leaves out stays as it is:

  time_zone: Europe/Berlin
  stages:
    - visit
    - product_view
    - {name: gold_cart, type: add_to_cart, properties: [{property: tier, equals: gold}]}
    - checkout
    - purchase
  targets: {purchase: 2.5%}
  funnels: [{unit: visitor, mode: ordered, window: 7d}]
  idle: 30m
  abandon: 1h

\`cartledger store show ID\` prints a whole one. docs/store.yaml explains every field.`;

export const addStore = (program: Command): void => {
  const store = program.command('store').description('stores: make, change, show and list them');
  withInstance(store.command('create').argument('<id>', '1 to 64 of a-z 0-9 _ -'))
    .description('make a store')
    .option(
      '--file <store.yaml>',
      'what its numbers are made by (see `store set --help`); the options below come first',
    )
    .option('--time-zone <zone>', 'IANA zone its days are cut in, such as Europe/Berlin (default: UTC)')
    .option('--currency <code>', 'reporting currency, ISO 4217 (default: EUR)')
    .option('--stages <a,b,c>', 'its funnel (default: visit,product_view,add_to_cart,checkout,purchase)', list)
    .action(create);
  withInstance(store.command('set').argument('<id>', 'the store'))
    .description(
      "change what a store's numbers are made by, and nothing that the file leaves out: each change makes new versions",
    )
    .requiredOption('--file <store.yaml>', 'the fields to change, YAML or JSON')
    .option('--from <day>', 'first local day of the change (default: all history)', day)
    .addHelpText('after', FILE_HELP)
    .action(set);
  withInstance(store.command('show').argument('<id>', 'the store'))
    .description("print what a store's numbers are made by, as a file that `store set` takes")
    .addOption(new Option('--format <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
    .option('--definition-version <n>', 'an older version (default: the newest)', version)
    .action(show);
  withFormat(withInstance(store.command('list')))
    .description('list the stores')
    .action(listStores);
};
