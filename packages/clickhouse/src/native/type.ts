/** Column types that blocks are made of, as DDL writes them, and what a value of each looks like in TypeScript. */

type SmallInteger = 'UInt8' | 'UInt16' | 'UInt32' | 'Int8' | 'Int16' | 'Int32';
type LargeInteger = 'UInt64' | 'UInt128' | 'UInt256' | 'Int64' | 'Int128' | 'Int256';

/** DateTime64(3): ms UTC. Date32: `YYYY-MM-DD`. UUID: with hyphens. Enum8: a name. */
type ValueOf<T extends string> = T extends `Nullable(${infer U})`
  ? ValueOf<U> | null
  : T extends `Array(${infer U})`
    ? readonly ValueOf<U>[]
    : T extends `LowCardinality(${infer U})`
      ? ValueOf<U>
      : T extends 'String' | 'UUID' | 'Date32' | `Enum8(${string})`
        ? string
        : T extends 'Bool'
          ? boolean
          : T extends SmallInteger | 'DateTime64(3)' | `DateTime64(3, '${string}')`
            ? number
            : T extends LargeInteger
              ? bigint | number
              : never;

export type ColumnSpec = { readonly name: string; readonly type: string };
export type Schema = readonly ColumnSpec[];

/** One row for a schema declared `as const`, by column name. */
export type RowOf<S extends Schema> = { [C in S[number] as C['name']]: ValueOf<C['type']> };

const INTEGERS = [
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'UInt128',
  'UInt256',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Int128',
  'Int256',
] as const;
export type IntegerType = (typeof INTEGERS)[number];

export type ColumnType =
  | { kind: 'string' | 'uuid' | 'bool' | 'date' | 'date-time' }
  | { kind: 'integer'; type: IntegerType }
  | { kind: 'enum'; values: ReadonlyMap<string, number> }
  | { kind: 'nullable' | 'array'; inner: ColumnType };

const inside = (type: string, wrapper: string): string | null =>
  type.startsWith(`${wrapper}(`) && type.endsWith(')') ? type.slice(wrapper.length + 1, -1) : null;

const parseEnum = (body: string): ReadonlyMap<string, number> => {
  const values = new Map<string, number>();
  for (const match of body.matchAll(/'([^'\\]+)'\s*=\s*(-?\d+)/g)) values.set(match[1] ?? '', Number(match[2]));
  return values;
};

/** Throws TypeError for a type that blocks do not carry. */
export const parseType = (type: string): ColumnType => {
  const integer = INTEGERS.find((name) => name === type);
  if (integer !== undefined) return { kind: 'integer', type: integer };
  if (type === 'String') return { kind: 'string' };
  if (type === 'UUID') return { kind: 'uuid' };
  if (type === 'Bool') return { kind: 'bool' };
  if (type === 'Date32') return { kind: 'date' };
  if (/^DateTime64\(3(, '[^']+')?\)$/.test(type)) return { kind: 'date-time' };
  const lowCardinality = inside(type, 'LowCardinality');
  if (lowCardinality !== null) return parseType(lowCardinality);
  const nullable = inside(type, 'Nullable');
  if (nullable !== null) return { kind: 'nullable', inner: parseType(nullable) };
  const array = inside(type, 'Array');
  if (array !== null) return { kind: 'array', inner: parseType(array) };
  const enumeration = inside(type, 'Enum8');
  if (enumeration !== null) return { kind: 'enum', values: parseEnum(enumeration) };
  throw new TypeError(`blocks carry no columns of type ${type}`);
};

/**
 * The type a block declares for a column. LowCardinality is dropped: a plain column is simpler to write, and the
 * server makes the dictionary when it casts.
 */
export const blockType = (type: string): string => {
  const lowCardinality = inside(type, 'LowCardinality');
  if (lowCardinality !== null) return blockType(lowCardinality);
  const array = inside(type, 'Array');
  return array === null ? type : `Array(${blockType(array)})`;
};
