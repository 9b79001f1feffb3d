import { createHash } from 'node:crypto';

export interface ClickHouseSettings {
  /** What the server calls itself: tells it from another one that listens on the same port. */
  readonly displayName: string;
  readonly usersFile: string;
  readonly logFile: string;
  readonly memoryLimitBytes: number;
  readonly fsyncAfterInsert: boolean;
  /** Whose requests get a handler. */
  readonly doorFor: readonly ClickHouseUser[] | 'everybody';
}

/** Who may connect over HTTP. */
export interface ClickHouseUser {
  readonly name: string;
  readonly password: string;
  /**
   * The databases of which it may only SELECT, and nothing else anywhere: no files, no addresses, no other tables, no
   * writing; of settings only those of its own queries. Without: everything.
   */
  readonly onlyReads?: readonly string[];
}

export const basicAuthorization = ({ name, password }: ClickHouseUser): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;

const MiB = 1024 * 1024;

/** config.xml of a server that shares a small machine with everything else. */
export const serverConfig = (settings: ClickHouseSettings): string =>
  document({
    display_name: settings.displayName,
    timezone: 'UTC',
    users_config: settings.usersFile,
    logger: { log: settings.logFile, size: '10M', count: 2 },
    max_server_memory_usage: settings.memoryLimitBytes,
    // The defaults (5 GiB each) are meant for a machine of the server's own.
    mark_cache_size: 64 * MiB,
    primary_index_cache_size: 32 * MiB,
    index_mark_cache_size: 16 * MiB,
    uncompressed_cache_size: 0,
    background_pool_size: 2,
    background_schedule_pool_size: 4,
    max_concurrent_queries: 100,
    ...(settings.doorFor === 'everybody' ? {} : { http_handlers: doorFor(settings.doorFor) }),
    // A kill loses nothing either way; these two are for the power going out.
    merge_tree: settings.fsyncAfterInsert ? { fsync_after_insert: 1, fsync_part_directory: 1 } : {},
  });

/**
 * The engine's own user has no password, so that requests without credentials would be let in as it: from any program
 * of this machine and, across sites, from any web page. Only requests that name one of these get a handler.
 */
const doorFor = (users: readonly ClickHouseUser[]): Elements => ({
  rule: [
    {
      url: '/ping',
      methods: 'GET,HEAD',
      handler: { type: 'static', status: 200, content_type: 'text/plain', response_content: 'Ok.' },
    },
    ...users.map((user) => ({
      headers: { Authorization: basicAuthorization(user) },
      handler: { type: 'dynamic_query_handler', query_param_name: 'query' },
    })),
  ],
});

/** The settings that every insert of the ingest relies on, as the defaults of everybody who connects. */
const pinned = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_partitions_per_insert_block: 0,
  materialized_views_ignore_errors: 0,
};

/** A file for users.d of any ClickHouse server. */
export const pinnedProfile = (): string => document({ profiles: { default: pinned } });

/** Without any grant named, a user of users.xml has them all; one that names none that works has none. */
const grantOf = (database: string): string => `GRANT SELECT, SHOW ON \`${database.replaceAll('`', '``')}\`.*`;

/** A query of a reader ends with its client, or after a minute; all of one reader's leave half the memory to the others. */
const readerLimits = (memoryLimitBytes: number) => ({
  max_execution_time: 60,
  max_memory_usage: Math.floor(memoryLimitBytes / 2),
  max_memory_usage_for_user: Math.floor(memoryLimitBytes / 2),
  max_threads: 2,
  max_concurrent_queries_for_user: 4,
  cancel_http_readonly_queries_on_client_close: 1,
});

/** What a reader may set still: less than the limits, never 0, which would be none. */
const upTo = (limits: Readonly<Record<string, number>>): Elements =>
  Object.fromEntries(Object.entries(limits).map(([name, max]) => [name, { min: 1, max }]));

/**
 * users.xml: the user `default`, whom only the engine itself gets to be, those who connect, and their settings. Of the
 * server's memory readers get a share.
 */
export const usersConfig = (users: readonly ClickHouseUser[], memoryLimitBytes: number): string => {
  const limits = readerLimits(memoryLimitBytes);
  return document({
    // The last two undo what the engine switches on when it is not a server.
    profiles: {
      default: { ...pinned, implicit_select: 0, allow_introspection_functions: 0 },
      readonly: { ...pinned, implicit_select: 0, readonly: 2, allow_ddl: 0, ...limits, constraints: upTo(limits) },
    },
    users: {
      default: {
        // The engine's own query logs in as `default` and cannot be given a password.
        password: '',
        networks: { ip: '127.0.0.1' },
        profile: 'default',
        quota: 'default',
        access_management: 1,
      },
      ...Object.fromEntries(
        users.map(({ name, password, onlyReads }) => [
          name,
          {
            password_sha256_hex: createHash('sha256').update(password).digest('hex'),
            networks: { ip: '127.0.0.1' },
            profile: onlyReads ? 'readonly' : 'default',
            quota: 'default',
            ...(onlyReads && { grants: { query: onlyReads.map(grantOf) } }),
          },
        ]),
      ),
    },
    quotas: { default: {} },
  });
};

export interface Launch {
  readonly data: string;
  readonly configFile: string;
  readonly httpPort: number;
  readonly tcpPort: number | undefined;
}

/** The command line that makes the engine a server. */
export const engineArguments = ({ data, configFile, httpPort, tcpPort }: Launch): string[] => [
  `--path=${data}`,
  `--config-file=${configFile}`,
  '--log-level=warning',
  '--listen_host=127.0.0.1',
  `--http_port=${httpPort}`,
  ...(tcpPort === undefined ? [] : [`--tcp_port=${tcpPort}`]),
  '--query',
  [
    'SYSTEM START LISTEN HTTP',
    ...(tcpPort === undefined ? [] : ['SYSTEM START LISTEN TCP']),
    // Never ends: the engine lives as long as its query.
    'SELECT sleepEachRow(3) FROM system.numbers SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null',
  ].join('; '),
];

type Element = string | number | Elements;
interface Elements {
  readonly [name: string]: Element | readonly Element[];
}

const document = (content: Elements): string => `<clickhouse>\n${elements(content, '  ')}</clickhouse>\n`;

const element = (name: string, value: Element, indent: string): string =>
  typeof value === 'object'
    ? `${indent}<${name}>\n${elements(value, `${indent}  `)}${indent}</${name}>\n`
    : `${indent}<${name}>${escaped(String(value))}</${name}>\n`;

/** A list is its element repeated. */
const elements = (content: Elements, indent: string): string =>
  Object.entries(content)
    .flatMap(([name, value]) => (isList(value) ? value : [value]).map((one) => element(name, one, indent)))
    .join('');

const isList = (value: Element | readonly Element[]): value is readonly Element[] => Array.isArray(value);

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
