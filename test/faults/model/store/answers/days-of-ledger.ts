/** Rows of the rollups as the ledger says them, as packages/reports/src/days/of-ledger.ts says them in SQL. */
import { big, bool, compare, int, isBig, isText, list, listOf, type Row, text, type Value } from '../value.ts';

type Tuple = readonly Value[];

const keyOf = (tuple: Tuple): string =>
  JSON.stringify(tuple, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));

/** GROUP BY: the tuples that are alike, and what each group is made of. */
const groupsOf = <T>(items: readonly T[], tupleOf: (item: T) => Tuple): { tuple: Tuple; items: T[] }[] =>
  [...Map.groupBy(items, (item) => keyOf(tupleOf(item))).values()].flatMap((group) =>
    group.slice(0, 1).map((first) => ({ tuple: tupleOf(first), items: group })),
  );

const sorted = (tuples: Tuple[]): Tuple[] => tuples.sort(compare);

/** Nested columns of a list of tuples. */
const columns = (names: readonly string[], tuples: readonly Tuple[]): Row =>
  Object.fromEntries(names.map((name, i) => [name, tuples.map((tuple) => tuple[i] ?? null)]));

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((a, b) => a + b, 0n);
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0);

const byPlace = (rows: readonly Row[], names: readonly string[]): { place: Row; rows: Row[] }[] =>
  groupsOf(rows, (row) => names.map((name) => row[name] ?? null)).map(({ tuple, items }) => ({
    place: Object.fromEntries(names.map((name, i) => [name, tuple[i] ?? null])),
    rows: items,
  }));

const ofKind = (rows: readonly Row[], ...kinds: readonly string[]): Row[] =>
  rows.filter((row) => kinds.includes(text(row, 'kind')));

const bitsOf = (mask: number): number[] =>
  Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (mask >>> bit) & 1);

/** A journey without a start and without any event of a stage is in no cell, and makes no row. */
const isCounted = (row: Row): boolean => bool(row, 'excluded') || int(row, 'hit') > 0 || int(row, 'any') > 0;

export const funnelDays = (ledger: readonly Row[]): Row[] =>
  byPlace(ofKind(ledger, 'journey').filter(isCounted), ['store_id', 'funnel', 'day']).map(({ place, rows }) => {
    const counted = rows.filter((row) => !bool(row, 'excluded'));
    const started = counted.filter((row) => int(row, 'hit') > 0);
    const cells = groupsOf(started, (row) => [
      text(row, 'counted_after'),
      text(row, 'counted_before'),
      int(row, 'hit'),
    ]);
    const anyOf = counted.flatMap((row) =>
      bitsOf(int(row, 'any')).map((bit, i) => [bit, listOf(row, 'any_after', isText)[i] ?? '1970-01-01']),
    );
    const msOf = started.flatMap((row) =>
      listOf(row, 'ms_to_next', isBig).map((ms, bit) => ({
        step: [text(row, 'counted_after'), text(row, 'counted_before'), bit],
        ms,
      })),
    );
    return {
      ...place,
      definition_version: most(rows.map((row) => int(row, 'definition_version'))),
      excluded: BigInt(rows.length - counted.length),
      ...columns(
        ['cells.counted_after', 'cells.counted_before', 'cells.hit', 'cells.units'],
        sorted(cells.map(({ tuple, items }) => [...tuple, BigInt(items.length)])),
      ),
      ...columns(
        ['any_cells.bit', 'any_cells.after', 'any_cells.units'],
        sorted(groupsOf(anyOf, (each) => each).map(({ tuple, items }) => [...tuple, BigInt(items.length)])),
      ),
      ...columns(
        ['ms_cells.counted_after', 'ms_cells.counted_before', 'ms_cells.bit', 'ms_cells.ms'],
        sorted(
          groupsOf(msOf, ({ step }) => step).map(({ tuple, items }) => [
            ...tuple,
            items.map(({ ms }) => ms).sort(compare),
          ]),
        ),
      ),
    };
  });

const KEYS_OF_CELLS = [
  'has_checkout',
  'outcome',
  'holds_items',
  'furthest',
  'abandoned_point',
  'reason',
  'revived',
  'contactable',
  'idle_ms',
  'abandon_ms',
  'recovery_ms',
  'last_activity_at',
];

/** When a cart that is not ordered is lost. */
const lostAt = (row: Row): number =>
  int(row, 'last_activity_at') + Number(big(row, 'abandon_ms') + big(row, 'recovery_ms'));

const cellOf = (row: Row, settledAt: number): Tuple => {
  const mayMove = text(row, 'outcome') === '' && bool(row, 'holds_items');
  const alike = KEYS_OF_CELLS.slice(0, -1).map((name) =>
    name === 'revived' ? int(row, name) > 0 : (row[name] ?? null),
  );
  return [...alike, mayMove && lostAt(row) > settledAt ? int(row, 'last_activity_at') : 0];
};

/** Of each currency that a cart has a value or a peak in: whether it has a value, the value and the peak. */
const moneyOf = (row: Row): { currency: string; hasValue: boolean; value: bigint; peak: bigint }[] => {
  const [values, peaks] = [listOf(row, 'value.currency', isText), listOf(row, 'peak_value.currency', isText)];
  const amountIn = (currencies: readonly string[], column: string, currency: string): bigint => {
    const at = currencies.indexOf(currency);
    return at < 0 ? 0n : (listOf(row, column, isBig)[at] ?? 0n);
  };
  return [...new Set([...values, ...peaks])].map((currency) => ({
    currency,
    hasValue: values.includes(currency),
    value: amountIn(values, 'value.amount', currency),
    peak: amountIn(peaks, 'peak_value.amount', currency),
  }));
};

const amountsOf = (rows: readonly Row[]): Tuple[] =>
  sorted(
    groupsOf(rows.flatMap(moneyOf), ({ currency }) => [currency]).map(({ tuple, items }) => [
      ...tuple,
      BigInt(items.filter(({ hasValue }) => hasValue).length),
      sum(items.map(({ value }) => value)),
      sum(items.map(({ peak }) => peak)),
    ]),
  );

/** `settledAt`: by place. */
export const cartDays = (ledger: readonly Row[], settledAt: (place: Row) => number): Row[] =>
  byPlace(
    ofKind(ledger, 'cart').filter((row) => !bool(row, 'test')),
    ['store_id', 'day'],
  ).map(({ place, rows }) => {
    const settled_at = settledAt(place);
    const counted = rows.filter((row) => !bool(row, 'excluded'));
    const open = counted.filter((row) => text(row, 'outcome') === '');
    const cells = sorted(
      groupsOf(counted, (row) => cellOf(row, settled_at)).map(({ tuple, items }) => [
        tuple,
        BigInt(items.length),
        amountsOf(items),
      ]),
    );
    return {
      ...place,
      settled_at,
      excluded: BigInt(rows.length - counted.length),
      last_activity_at: most(counted.map((row) => int(row, 'last_activity_at'))),
      last_ordered_at: most(counted.map((row) => int(row, 'ordered_at'))),
      settles_at: most(open.map(lostAt)),
      ...columns(
        [...KEYS_OF_CELLS, 'carts', 'amounts'].map((name) => `cells.${name}`),
        cells.map(([key, ...rest]) => [...(Array.isArray(key) ? key : []), ...rest]),
      ),
    };
  });

const SUMMED = ['items', 'discount', 'tax_added', 'shipping', 'unexplained', 'total'] as const;

const byCurrency = (rows: readonly Row[]): { currency: string; items: Row[] }[] =>
  groupsOf(rows, (row) => [text(row, 'currency')]).map(({ tuple: [currency], items }) => ({
    currency: String(currency),
    items,
  }));

const total = (rows: readonly Row[], column: string): bigint => sum(rows.map((row) => big(row, column)));

const bridgeOf = (row: Row): { line: Tuple; amount: bigint }[] =>
  listOf(row, 'bridge.amount', isBig).map((amount, i) => ({
    line: [list(row, 'bridge.line')[i] ?? '', list(row, 'bridge.currency')[i] ?? ''],
    amount,
  }));

export const orderDays = (ledger: readonly Row[]): Row[] =>
  byPlace(
    ofKind(ledger, 'order', 'refund').filter((row) => !bool(row, 'test')),
    ['store_id', 'day'],
  ).map(({ place, rows }) => ({
    ...place,
    ...columns(
      ['currency', 'orders', 'without_cart', ...SUMMED].map((name) => `sums.${name}`),
      sorted(
        byCurrency(ofKind(rows, 'order')).map(({ currency, items }) => [
          currency,
          BigInt(items.length),
          BigInt(items.filter((row) => text(row, 'cart_key') === '').length),
          ...SUMMED.map((name) => total(items, `amount_${name}`)),
        ]),
      ),
    ),
    ...columns(
      ['bridge.line', 'bridge.currency', 'bridge.amount'],
      sorted(
        groupsOf(rows.flatMap(bridgeOf), ({ line }) => line).map(({ tuple, items }) => [
          ...tuple,
          sum(items.map(({ amount }) => amount)),
        ]),
      ),
    ),
    ...columns(
      ['refunds.currency', 'refunds.refunds', 'refunds.total', 'refunds.items'],
      sorted(
        byCurrency(ofKind(rows, 'refund')).map(({ currency, items }) => [
          currency,
          BigInt(items.length),
          total(items, 'amount_total'),
          total(items, 'amount_items'),
        ]),
      ),
    ),
  }));
