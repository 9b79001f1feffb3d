import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClickHouse, migrate } from '@cartledger/clickhouse';
import { startClickHouse } from '@cartledger/local-stack';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({
      build: z
        .object({
          context: z.string(),
          dockerfile: z.string(),
          target: z.string(),
          args: z.object({ SERVICE: z.string(), PORT: z.string() }).optional(),
        })
        .optional(),
      environment: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
      volumes: z.array(z.string()).default([]),
      ports: z.array(z.string()).default([]),
      depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
      healthcheck: z.unknown().optional(),
    }),
  ),
  volumes: z.record(z.string(), z.unknown()),
});
const composeText = read('docker-compose.yml');
const compose = composeFile.parse(parse(composeText, { merge: true }));
const services = Object.entries(compose.services);
const built = services.flatMap(([name, { build, environment }]) => (build ? [{ name, build, environment }] : []));

/** The instructions of the Dockerfile, with continued lines joined, by stage. */
const instructions = read('infra/Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line.trim() !== '');
const stages = new Map<string, string[]>();
for (const line of instructions) {
  const [, name] = /^FROM .+ AS (\S+)$/.exec(line) ?? [];
  if (name !== undefined) stages.set(name, []);
  else [...stages.values()].at(-1)?.push(line);
}
const parentOf = (stage: string): string | undefined =>
  instructions.map((line) => /^FROM (\S+) AS (\S+)$/.exec(line)).find((match) => match?.[2] === stage)?.[1];
/** What holds in a stage: its own lines after those of the stages it is built from. */
const inherited = (stage: string): string[] => {
  const own = stages.get(stage);
  return own === undefined ? [] : [...inherited(parentOf(stage) ?? ''), ...own];
};

/** The folder of the workspace that an image runs. */
const folderOf = ({ build }: (typeof built)[number]): string =>
  build.args?.SERVICE === undefined ? 'packages/cli' : `services/${build.args.SERVICE}`;

/** ENV of the services' images; arguments of the build are left as they stand. */
const imageEnvironment = Object.fromEntries(
  inherited('service')
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) => [...line.matchAll(/ ([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
);
const withoutPlaceholders = (value: string): string =>
  value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1').replaceAll(/\$\{[^}]*\}/g, 'chosen');
const configModule = z.object({
  readConfig: z.custom<(env: NodeJS.ProcessEnv) => unknown>((it) => typeof it === 'function'),
});

test('every image is built from a file, a stage and a program that are there', () => {
  expect(built.map(({ name }) => name).sort()).toEqual(['aggregator', 'api', 'collector', 'ingest', 'migrate']);
  for (const image of built) {
    expect(existsSync(join(root, image.build.context, image.build.dockerfile))).toBe(true);
    expect([...stages.keys()]).toContain(image.build.target);
    expect(existsSync(join(root, folderOf(image), 'src/main.ts')), image.name).toBe(true);
  }
});

test('the Dockerfile copies from stages and runs packages that are there, with the package manager of the set-up', () => {
  const text = instructions.join('\n');
  for (const [, stage] of text.matchAll(/--from=(\S+)/g)) expect([...stages.keys()]).toContain(stage);
  for (const [, name] of text.matchAll(/--filter "@cartledger\/([a-z-]+)/g)) {
    expect(existsSync(join(root, 'packages', `${name}`)) || existsSync(join(root, 'services', `${name}`))).toBe(true);
  }
  for (const [, path = ''] of text.matchAll(/"((?:packages|services)\/[^"$]+\.ts)"/g)) {
    expect(existsSync(join(root, path)), path).toBe(true);
  }
  const [, setup] = /pnpm@([\d.]+)/.exec(read('infra/setup/setup.mjs')) ?? [];
  for (const [, version] of text.matchAll(/pnpm@([\d.]+)/g)) expect(version).toBe(setup);
});

test('the build context lets in what the images need, and every file it names is there', () => {
  const allowed = [...read('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path = '']) => path);
  for (const path of allowed) expect(existsSync(join(root, path)), path).toBe(true);
  expect(allowed).toEqual(expect.arrayContaining(['pnpm-lock.yaml', 'packages', 'services', 'schemas']));
});

test('no image runs as root, and each service says whether it is healthy', () => {
  for (const { build } of built) {
    const users = inherited(build.target).filter((line) => line.startsWith('USER '));
    expect(users.at(-1)).toMatch(/^USER [1-9]\d*$/);
    if (build.target !== 'cli') expect(inherited(build.target).join('\n')).toMatch(/^HEALTHCHECK .*\/healthz/m);
  }
});

test('every variable set for a service is one that its configuration reads', () => {
  for (const image of built) {
    const config = read(`${folderOf(image)}/src/config.ts`);
    const names = Object.keys(image.environment).filter((name) => name.startsWith('CARTLEDGER_'));
    const unknown = names.filter((name) => !config.includes(name));
    expect({ service: image.name, unknown }).toEqual({ service: image.name, unknown: [] });
  }
});

test('each service accepts what compose sets for it, and listens where its image looks for its health', async () => {
  for (const image of built.filter(({ build }) => build.target !== 'cli')) {
    const { readConfig } = configModule.parse(await import(join(root, folderOf(image), 'src/config.ts')));
    const variables = Object.entries({ ...imageEnvironment, ...image.environment });
    const env = Object.fromEntries(variables.map(([name, value]) => [name, withoutPlaceholders(String(value))]));
    expect(readConfig(env), image.name).toMatchObject({ port: Number(image.build.args?.PORT), host: '0.0.0.0' });
    for (const published of compose.services[image.name]?.ports ?? []) {
      expect(published.split(':').at(-1)).toBe(image.build.args?.PORT);
    }
  }
});

test('who waits for another one being healthy waits for one that says so', () => {
  for (const [name, { depends_on }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on)) {
      const target = compose.services[other];
      expect(target, `${name} depends on ${other}`).toBeDefined();
      if (condition === 'service_healthy') expect(target?.healthcheck, other).toBeDefined();
      if (condition === 'service_completed_successfully') expect(target?.build?.target, other).toBe('cli');
    }
  }
});

test('what is mounted is there, and what is kept is kept in named volumes', () => {
  for (const [name, { volumes }] of services) {
    for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
      const known = source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes;
      expect(known, `${name}: ${source}`).toBe(true);
    }
  }
});

test('nothing is reachable from other machines', () => {
  for (const [name, { ports }] of services) for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
});

test('every password has to be chosen, and the example of .env names each variable', () => {
  const example = read('.env.example');
  const used = [...composeText.matchAll(/\$\{([A-Z_]+)(:[?-])?/g)];
  for (const [, name = '', kind] of used) {
    if (name.endsWith('PASSWORD')) expect(kind, name).toBe(':?');
    expect(example, name).toMatch(new RegExp(`^#?${name}=`, 'm'));
  }
  expect(used.length).toBeGreaterThan(0);
});

const analystsXml = 'infra/clickhouse/users.d/analysts.xml';
const analystsSql = 'infra/clickhouse/analysts.sql';
const byName = (a: string, b: string): number => a.localeCompare(b);
const grantsIn = (text: string): string[] =>
  [...text.matchAll(/GRANT (?:SELECT|SELECT, SHOW) ON ([a-z_.*]+)/g)].map(([, name = '']) => name).sort(byName);

test('analysts are described alike in XML and in SQL, and every table they can read is confined to their store', () => {
  const [xml, sql] = [read(analystsXml), read(analystsSql)];
  expect(grantsIn(xml)).toEqual(grantsIn(sql));
  const confined = ['events', 'ledger_rows', 'store_state'];
  for (const table of confined) {
    expect(xml).toContain(`<${table}><filter>store_id = 'demo'</filter></${table}>`);
    expect(sql).toContain(`ON cartledger.${table} USING store_id = 'demo' TO demo_analyst`);
  }
  const views = grantsIn(xml).filter((name) => !name.startsWith('analytics.'));
  for (const name of views.map((view) => view.replace('cartledger.', ''))) {
    const isView = ['journeys', 'carts', 'carts_now', 'orders', 'refunds'].includes(name);
    expect(isView || confined.includes(name), name).toBe(true);
  }
});

test('on a real server, an analyst reads the views of one store, changes nothing and is held to limits', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cartledger-infra-'));
  const usersFile = join(dir, 'analysts.xml');
  writeFileSync(
    usersFile,
    read(analystsXml).replace('<password from_env="ANALYST_PASSWORD"/>', '<password>p</password>'),
  );
  await using server = await startClickHouse({
    dir: join(dir, 'clickhouse'),
    configFile: join(root, 'infra/clickhouse/config.d/cartledger.xml'),
    usersFile,
  });
  const ask = async (sql: string, user = 'demo_analyst', settings = ''): Promise<string> => {
    const password = user === 'default' ? '' : 'p';
    const headers = { 'x-clickhouse-user': user, 'x-clickhouse-key': password };
    return (
      await (await fetch(`${new URL(server.url).origin}/?${settings}`, { method: 'POST', body: sql, headers })).text()
    ).trim();
  };
  await using clickhouse = createClickHouse({ url: server.url, database: 'cartledger' });
  await clickhouse.ensureDatabase();
  await migrate(clickhouse, join(root, 'schemas/clickhouse'), { analyticsDatabase: 'analytics' });
  for (const table of ['events', 'ledger_rows', 'store_state']) {
    const written = await ask(`INSERT INTO cartledger.${table} (store_id) VALUES ('demo'), ('other')`, 'default');
    expect(written).toBe('');
  }

  const tables = (await ask('SHOW TABLES FROM analytics')).split('\n');
  expect(tables).toEqual(expect.arrayContaining(['carts', 'events', 'funnel_daily', 'orders']));
  for (const view of tables) {
    expect(await ask(`SELECT count() FROM analytics.${view} WHERE store_id != 'demo'`), view).toBe('0');
  }
  expect(await ask('SELECT groupArray(store_id) FROM analytics.events')).toBe("['demo']");
  expect(await ask('SELECT groupArray(store_id) FROM cartledger.ledger_rows')).toBe("['demo']");
  expect(await ask('SELECT count() FROM cartledger.events', 'default')).toBe('2');
  expect(await ask('SELECT count() FROM cartledger.touches')).toContain('ACCESS_DENIED');
  expect(await ask("INSERT INTO cartledger.events (store_id) VALUES ('demo')")).toContain('ACCESS_DENIED');
  for (const raised of ['max_execution_time=3600', 'cancel_http_readonly_queries_on_client_close=0'])
    expect(await ask('SELECT 1', 'demo_analyst', raised)).toContain('SETTING_CONSTRAINT_VIOLATION');
  expect(await ask('SELECT 1', 'demo_analyst', 'readonly=0')).toContain('READONLY');
  expect(await ask('SELECT name, keys FROM system.quotas ORDER BY name', 'default')).toContain(
    "analyst\t['user_name']",
  );
  expect(await ask("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'", 'default')).toBe(
    '1',
  );

  const statements = read(analystsSql)
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  for (const statement of statements) {
    const quoted = statement.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    expect(await ask(`SELECT formatQuery('${quoted}')`, 'default')).not.toContain('Exception');
  }
  rmSync(dir, { recursive: true, force: true });
});
