/** What a table must be for what is written into it to count once and stay. */
export type TableNeeds = {
  table: string;
  /** Of the MergeTree family, without Replicated or Shared, which may stand before it. */
  engine: 'MergeTree' | 'ReplacingMergeTree';
  /** Of ReplacingMergeTree: the column by which it keeps one row of a key. */
  version?: string;
  /** As `system.tables` prints it. */
  sortingKey: string;
  /** As `system.tables` prints it; absent: whatever it is. */
  partitionKey?: string;
  columns: readonly string[];
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
  columns: readonly string[];
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
    ['ORDER BY', found.sorting_key, needs.sortingKey],
    ['PARTITION BY', found.partition_key, needs.partitionKey ?? found.partition_key],
  ] as const;
  for (const [clause, is, must] of keys) {
    if (is !== must)
      misfits.push({ setting: `table ${table}: ${clause}`, found: is || 'none', needed: must, remedy: ANEW });
  }
  const missing = needs.columns.filter((name) => !found.columns.includes(name));
  if (missing.length > 0) {
    misfits.push({
      setting: `table ${table}: columns`,
      found: `no ${missing.join(', ')}`,
      needed: 'every column that is written',
      remedy: 'run `cartledger migrate`',
    });
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
  return [...misfitsOfShape(needs, found), ...settings];
};
