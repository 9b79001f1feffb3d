import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, startClickHouse, startKafka, startPostgres } from '@cartledger/local-stack';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cartledger-local-stack-'));
  chmodSync(dir, 0o711);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const clickhouse = async (url: string, sql: string): Promise<string> => {
  const { origin, username, password } = new URL(url);
  const headers = { Authorization: `Basic ${btoa(`${username}:${password}`)}` };
  const response = await fetch(origin, { method: 'POST', body: sql, headers });
  const text = (await response.text()).trim();
  if (!response.ok) throw new Error(text);
  return text;
};

const postgres = async (url: string, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

const ENDLESS = 'SELECT number FROM numbers(100000000000) ORDER BY rand() LIMIT 1';

/** The commands of the processes that name the directory, without dead ones that nobody has collected. */
const processesOf = (name: string): string[] => commands().filter((command) => command.includes(name));

const commands = (): string[] =>
  existsSync('/proc')
    ? readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .map(commandOf)
    : execFileSync('ps', ['-axww', '-o', 'command='], { encoding: 'utf8' }).split('\n');

const commandOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // ended meanwhile
  }
};

const runParent = async (service: string): Promise<ChildProcess> => {
  const program = fileURLToPath(new URL('../fixtures/local-stack-parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [program, service, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    parent.stdout.once('data', resolve);
    parent.once('exit', () => reject(new Error(`${service} did not come up`)));
  });
  return parent;
};

test('ClickHouse keeps what was inserted over kill -9, and can be started again at once', async () => {
  const killed = await startClickHouse({ dir });
  await clickhouse(killed.url, 'CREATE DATABASE kept');
  await clickhouse(killed.url, 'CREATE TABLE kept.numbers (n UInt64) ENGINE = MergeTree ORDER BY n');
  await clickhouse(killed.url, 'INSERT INTO kept.numbers SELECT number FROM numbers(100000)');
  await killed.kill();

  await using again = await startClickHouse({ dir });
  expect(await clickhouse(again.url, 'SELECT count(), sum(n) FROM kept.numbers')).toBe('100000\t4999950000');
});

test('ClickHouse begins with the settings that were asked for, and those the ingest relies on', async () => {
  await using server = await startClickHouse({ dir, memoryLimitBytes: 1_500_000_000, fsyncAfterInsert: true });
  const one = (sql: string) => clickhouse(server.url, sql);
  expect(await one("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'")).toBe(
    '1500000000',
  );
  expect(await one("SELECT value FROM system.merge_tree_settings WHERE name = 'fsync_after_insert'")).toBe('1');
  expect(
    await one(
      "SELECT name, value FROM system.settings WHERE name IN ('async_insert', 'insert_deduplicate') ORDER BY name",
    ),
  ).toBe('async_insert\t0\ninsert_deduplicate\t0');
  expect(await one('SELECT timezone()')).toMatch(/UTC$/);
});

test('ClickHouse lets nobody in without a password, and the reader change nothing', async () => {
  await using server = await startClickHouse({ dir });
  const { origin } = new URL(server.url);
  // What a web page could send across sites, and what any program of this machine could.
  for (const init of [{ body: 'CREATE DATABASE evil', method: 'POST' }, {}])
    expect((await fetch(`${origin}/?user=default&query=SELECT+1`, init)).status).toBe(404);
  await expect(clickhouse(origin.replace('//', '//default:@'), 'SELECT 1')).rejects.toThrow('no handle');
  expect(await clickhouse(server.readOnlyUrl, 'SELECT currentUser()')).toBe('analyst');
  await expect(clickhouse(server.readOnlyUrl, 'CREATE DATABASE evil')).rejects.toThrow(/READONLY|ACCESS_DENIED/);
});

test('the reader reads the databases named and nothing else: no other table, no file, no address', async () => {
  await using server = await startClickHouse({ dir, readableDatabases: ['shop `s'] });
  for (const database of ['`shop \\`s`', 'hidden']) {
    await clickhouse(server.url, `CREATE DATABASE ${database}`);
    await clickhouse(server.url, `CREATE TABLE ${database}.t (n UInt8) ENGINE = Memory`);
  }
  const read = (sql: string) => clickhouse(server.readOnlyUrl, sql);
  expect(await read('SELECT count() FROM `shop \\`s`.t')).toBe('0');
  for (const sql of [
    'SELECT * FROM hidden.t',
    "SELECT * FROM file('/etc/passwd', 'RawBLOB')",
    `SELECT * FROM url('${new URL(server.url).origin}/ping', 'RawBLOB')`,
    "SELECT * FROM remote('127.0.0.1', 'hidden.t')",
    'INSERT INTO `shop \\`s`.t VALUES (1)',
    'DROP TABLE `shop \\`s`.t',
  ])
    await expect(read(sql), sql).rejects.toThrow(/ACCESS_DENIED|READONLY/);
});

test('a reader who was told of no database reads none', async () => {
  await using server = await startClickHouse({ dir });
  await clickhouse(server.url, 'CREATE DATABASE hidden');
  await clickhouse(server.url, 'CREATE TABLE hidden.t (n UInt8) ENGINE = Memory');
  await expect(clickhouse(server.readOnlyUrl, 'SELECT * FROM hidden.t')).rejects.toThrow('ACCESS_DENIED');
});

test('a query of the reader is held to limits, which it cannot raise, and ends with its client', async () => {
  await using server = await startClickHouse({ dir, memoryLimitBytes: 1_500_000_000 });
  // 0 is none for most; 0 threads are as many as there are cores, and held to the limit as such.
  for (const [name, limit, ...beyond] of [
    ['max_execution_time', '60', 0, 61],
    ['max_memory_usage', '750000000', 0, 750_000_001],
    ['max_memory_usage_for_user', '750000000', 0, 750_000_001],
    ['max_threads', '2', 3],
    ['max_concurrent_queries_for_user', '4', 0, 5],
    ['cancel_http_readonly_queries_on_client_close', 'true', 0],
  ]) {
    const sql = `SELECT getSetting('${name}')`;
    expect(await clickhouse(server.readOnlyUrl, sql), String(name)).toBe(limit);
    for (const wanted of beyond)
      await expect(clickhouse(server.readOnlyUrl, `${sql} SETTINGS ${name} = ${wanted}`), String(name)).rejects.toThrow(
        'SETTING_CONSTRAINT_VIOLATION',
      );
  }
  const quick = clickhouse(server.readOnlyUrl, `${ENDLESS} SETTINGS max_execution_time = 1`);
  await expect(quick).rejects.toThrow('TIMEOUT_EXCEEDED');
  const { origin, username, password } = new URL(server.readOnlyUrl);
  const client = new AbortController();
  const gone = fetch(origin, {
    method: 'POST',
    body: ENDLESS,
    headers: { Authorization: `Basic ${btoa(`${username}:${password}`)}` },
    signal: client.signal,
  });
  const running = () => clickhouse(server.url, "SELECT count() FROM system.processes WHERE user = 'analyst'");
  await vi.waitFor(async () => expect(await running()).toBe('1'), { timeout: 10_000 });
  client.abort();
  await expect(gone).rejects.toThrow('aborted');
  await vi.waitFor(async () => expect(await running()).toBe('0'), { timeout: 10_000 });
});

test('a directory with a live ClickHouse is refused, and one whose server was stopped is not', async () => {
  const first = await startClickHouse({ dir });
  await expect(startClickHouse({ dir })).rejects.toMatchObject({
    code: 'directory_in_use',
    message: expect.stringContaining(`the running process ${first.pid} `),
  });
  expect(await clickhouse(first.url, 'SELECT 1')).toBe('1');
  await first.stop();
  await using second = await startClickHouse({ dir });
  expect(await clickhouse(second.url, 'SELECT 1')).toBe('1');
});

test('a port that is taken is an error that says so, not somebody else’s ClickHouse', async () => {
  await using first = await startClickHouse({ dir: join(dir, 'first') });
  const httpPort = Number(new URL(first.url).port);
  await expect(startClickHouse({ dir: join(dir, 'second'), httpPort })).rejects.toMatchObject({
    code: 'address_in_use',
  });
});

test('Kafka keeps what it acknowledged over kill -9, on the same port', async () => {
  await using kafka = await startKafka({ dir });
  const client = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING });
  const admin = client.admin();
  const producer = client.producer({ idempotent: false, maxInFlightRequests: 1 });
  try {
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }], waitForLeaders: true });
    await producer.send({ topic: 'kept', acks: -1, messages: [{ value: 'a' }, { value: 'b' }] });
    await kafka.kill();
    await kafka.restart();
    await vi.waitFor(
      async () => expect(await admin.fetchTopicOffsets('kept')).toMatchObject([{ partition: 0, high: '2' }]),
      { timeout: 30_000 },
    );
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
});

test('a paused Kafka answers nobody and goes on where it was; one that is paused can be stopped', async () => {
  await using kafka = await startKafka({ dir });
  const nothingFor = { requestTimeout: 1_000, retry: { retries: 0 } };
  const client = new Kafka({ brokers: [kafka.brokers], logLevel: logLevel.NOTHING, ...nothingFor });
  const admin = client.admin();
  try {
    await admin.connect();
    expect(commandOf(String(kafka.pid))).toContain('kafka.Kafka');
    await kafka.pause();
    await expect(admin.listTopics()).rejects.toThrow('timed out');
    kafka.resume();
    expect(await admin.listTopics()).toEqual([]);
  } finally {
    await admin.disconnect();
  }
  await kafka.pause();
  await kafka.stop();
  expect(processesOf(dir)).toEqual([]);
});

test('PostgreSQL keeps what was committed over kill -9, and can be started again at once', async () => {
  const killed = await startPostgres({ dir });
  await postgres(killed.url, 'create table kept (n int)');
  await postgres(killed.url, 'insert into kept select generate_series(1, 1000)');
  await killed.kill();

  await using again = await startPostgres({ dir });
  expect(await postgres(again.url, 'select count(*)::int as n from kept')).toEqual([{ n: 1000 }]);
});

test.each(['clickhouse', 'kafka', 'postgres'])(
  'no process of %s is left when its parent is killed',
  async (service) => {
    const parent = await runParent(service);
    expect(processesOf(dir).length).toBeGreaterThan(1);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), { timeout: 10_000 });
  },
);

test('a browser comes up and shows a page', async () => {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.setContent('<h1>Carts</h1>');
    expect(await page.textContent('h1')).toBe('Carts');
  } finally {
    await browser.close();
  }
});
