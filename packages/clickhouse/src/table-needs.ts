/** What a table must be for what is written into it to count once and stay. */
export type TableNeeds = {
  table: string;
  /** Of the MergeTree family, without Replicated or Shared, which may stand before it. */
  engine: 'MergeTree' | 'ReplacingMergeTree';
  /** Of ReplacingMergeTree: the column by which it keeps one row of a key. */
  version?: string;
  /** As `system.tables` prints it. */
  sortingKey: string;
  /** As `system.tables` prints it, in each of its spellings; absent: whatever it is. */
  partitionKey?: readonly [string, ...string[]];
  /** Those that are written, of the very types that they are sent as or are to be converted into. */
  columns: readonly { name: string; type: string }[];
  settings: Readonly<Record<string, string>>;
};

/** One thing that is not as it must be: what, how it is, how it must be, and what a person does about it. */
export type Misfit = { setting: string; found: string; needed: string; remedy: string };

/** A table as the server describes it. */
type TableFound = {
  name: string;
  engine: string;
  engine_full: string;
  sorting_key: string;
  partition_key: string;
  create_table_query: string;
  /** Types by name. */
  columns: Readonly<Record<string, string>>;
};

const versionOf = (engineFull: string): string => {
  const args = /^\w+\(([^)]*)\)/.exec(engineFull)?.[1] ?? '';
  return args.split(',').at(-1)?.trim() ?? '';
};

/** A setting that the table itself names; undefined where the server's own holds. */
export const ownSetting = ({ engine_full }: Pick<TableFound, 'engine_full'>, name: string): string | undefined => {
  const settings = engine_full.split(' SETTINGS ').at(-1) ?? '';
  const pair = settings.split(', ').find((text) => text.startsWith(`${name} = `));
  return pair?.slice(name.length + 3);
};

const ANEW =
  'no ALTER mends that: rename the table away, let `cartledger migrate` make it, then `cartledger ingest rewind --to earliest`';

/** A missing column, and one of another type, into which the server would convert what is written: cut off, or not at all. */
const misfitsOfColumns = ({ table, columns, sortingKey }: TableNeeds, found: TableFound): Misfit[] => {
  const misfits: Misfit[] = [];
  const missing = columns.flatMap(({ name }) => (found.columns[name] === undefined ? [name] : []));
  if (missing.length > 0) {
    misfits.push({
      setting: `table ${table}: columns`,
      found: `no ${missing.join(', ')}`,
      needed: 'every column that is written',
      remedy: 'run `cartledger migrate`',
    });
  }
  for (const { name, type } of columns) {
    const is = found.columns[name];
    if (is === undefined || is === type) continue;
    // A column of a key, or the version, keeps its type for good.
    const isFixed = sortingKey.includes(name) || found.engine_full.includes(`(${name})`);
    const remedy = isFixed ? ANEW : `ALTER TABLE ${table} MODIFY COLUMN \`${name}\` ${type}`;
    misfits.push({ setting: `table ${table}: column ${name}`, found: is, needed: type, remedy });
  }
  return misfits;
};

const QUOTED = /'(?:[^'\\]|\\.)*'/g;
/** A rule that moves rows or packs them takes none away. */
const KEEPS_ROWS = / (?:TO DISK|TO VOLUME|RECOMPRESS) /;

const withoutParentheses = (text: string): string => {
  const less = text.replaceAll(/\([^()]*\)/g, '');
  return less === text ? text : withoutParentheses(less);
};

/** What the clock takes away: whole rows, or what stands in a column. */
const misfitsOfTtl = ({ table }: TableNeeds, { create_table_query }: TableFound): Misfit[] => {
  const needed =
    'none, for the clock takes what was counted (`retention_days` of a store takes what is old from all of it)';
  const [columns = '', rest = ''] = create_table_query.replaceAll(QUOTED, "''").split(' ENGINE = ');
  const misfits = [...columns.matchAll(/`([^`]+)` [^`]* TTL /g)].map(([, name]) => ({
    setting: `table ${table}: TTL of column ${name}`,
    found: 'set',
    needed,
    remedy: `ALTER TABLE ${table} MODIFY COLUMN \`${name}\` REMOVE TTL`,
  }));
  const rules = / TTL (.*?)(?: SETTINGS |$)/.exec(rest)?.[1] ?? '';
  const takes = (rule: string) => rule !== '' && !KEEPS_ROWS.test(`${rule} `);
  if (withoutParentheses(rules).split(', ').some(takes)) {
    misfits.push({ setting: `table ${table}: TTL`, found: rules, needed, remedy: `ALTER TABLE ${table} REMOVE TTL` });
  }
  return misfits;
};

const misfitsOfShape = (needs: TableNeeds, found: TableFound): Misfit[] => {
  const { table } = needs;
  const misfits: Misfit[] = [];
  const kind = found.engine.replace(/^(Replicated|Shared)/, '');
  const wanted = needs.version === undefined ? needs.engine : `${needs.engine}(${needs.version})`;
  if (kind !== needs.engine || (needs.version !== undefined && versionOf(found.engine_full) !== needs.version)) {
    const version = kind === 'ReplacingMergeTree' ? `(${versionOf(found.engine_full)})` : '';
    misfits.push({
      setting: `table ${table}: engine`,
      found: `${found.engine}${version}`,
      needed: wanted,
      remedy: ANEW,
    });
  }
  const keys = [
    ['ORDER BY', found.sorting_key, [needs.sortingKey]],
    ['PARTITION BY', found.partition_key, needs.partitionKey ?? [found.partition_key]],
  ] as const;
  for (const [clause, is, must] of keys) {
    if (!must.includes(is)) {
      misfits.push({ setting: `table ${table}: ${clause}`, found: is || 'none', needed: must[0] ?? '', remedy: ANEW });
    }
  }
  return misfits;
};

/** What of a table is not as needed; `serverSetting` tells what holds where a table names no value of its own. */
export const misfitsOfTable = (
  needs: TableNeeds,
  found: TableFound | undefined,
  serverSetting: (name: string) => string | undefined,
): Misfit[] => {
  const { table } = needs;
  if (found === undefined) {
    return [{ setting: `table ${table}`, found: 'not there', needed: 'the table', remedy: 'run `cartledger migrate`' }];
  }
  const settings = Object.entries(needs.settings).flatMap(([name, must]) => {
    const is = ownSetting(found, name) ?? serverSetting(name) ?? 'unknown';
    const remedy = `ALTER TABLE ${table} MODIFY SETTING ${name} = ${must}`;
    return is === must ? [] : [{ setting: `table ${table}: ${name}`, found: is, needed: must, remedy }];
  });
  return [
    ...misfitsOfShape(needs, found),
    ...misfitsOfColumns(needs, found),
    ...misfitsOfTtl(needs, found),
    ...settings,
  ];
};
