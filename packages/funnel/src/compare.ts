export type Difference = {
  /** Where, as `stages[2].units`; empty for the whole. */
  path: string;
  /** undefined where the other side alone has something. */
  expected: unknown;
  actual: unknown;
};

export type CompareOptions = {
  /** Fields left out wherever they stand, such as `as_of`. */
  ignoredKeys?: readonly string[];
};

/**
 * Everything in which two report bodies differ, leaf by leaf and in the expected one's order; none means that they
 * are equal. Lists are compared position by position, since reports order them totally. A bigint equals the number
 * of its value, and an absent field one that is undefined: bodies read from JSON compare with computed ones.
 */
export const differences = (expected: unknown, actual: unknown, options: CompareOptions = {}): Difference[] => {
  const ignored = new Set(options.ignoredKeys);

  const compare = (path: string, a: unknown, b: unknown): Difference[] => {
    if (isList(a) && isList(b)) {
      const length = Math.max(a.length, b.length);
      return Array.from({ length }, (_, i) => compare(`${path}[${i}]`, a[i], b[i])).flat();
    }
    if (isRecord(a) && isRecord(b)) {
      const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
      return [...keys].flatMap((key) => (ignored.has(key) ? [] : compare(join(path, key), a[key], b[key])));
    }
    return isSame(a, b) ? [] : [{ path, expected: a, actual: b }];
  };

  return compare('', expected, actual);
};

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSame = (a: unknown, b: unknown): boolean => {
  if (typeof a === 'bigint' && typeof b === 'number') return Number.isInteger(b) && a === BigInt(b);
  if (typeof a === 'number' && typeof b === 'bigint') return isSame(b, a);
  // Not Object.is: 0 and -0 are one amount.
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
};

const join = (path: string, key: string): string => {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
};
