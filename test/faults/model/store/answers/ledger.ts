import {
  createDigest,
  keysBeforeVersion,
  keysOfNodes,
  NOTHING,
  storedRows,
  strayRows,
} from '@cartledger/aggregator/testing';
import { createHasher } from '@cartledger/events';
import { answer } from '../answer.ts';
import { big, type Row, text } from '../value.ts';
import { atPlaces, between, largest, ofStore } from './sets.ts';

const digestOf = createDigest(await createHasher());

const KINDS = ['journey', 'cart', 'order', 'refund'] as const;
type Kind = (typeof KINDS)[number];

const kindOf = (row: Row): Kind => {
  const kind = KINDS.find((each) => each === text(row, 'kind'));
  if (kind === undefined) throw new Error(`a ledger row of kind ${text(row, 'kind')}`);
  return kind;
};

const placeOf = (row: Row) => ({
  store_id: text(row, 'store_id'),
  node: `${big(row, 'node')}`,
  kind: kindOf(row),
  day: text(row, 'day'),
  key: text(row, 'key'),
});

const isContent = (row: Row): row is Row & typeof NOTHING => Object.keys(NOTHING).every((column) => column in row);

const contentOf = (row: Row): typeof NOTHING => {
  if (isContent(row)) return row;
  throw new Error('a ledger row without all its columns');
};

/** That of what a stored row says. */
export const digestOfRow = (row: Row): bigint => digestOf(kindOf(row), contentOf(row));

/** What names a row within its store. */
export const nameOf = (row: Row): string =>
  `${big(row, 'node')} ${text(row, 'kind')} ${text(row, 'day')} ${text(row, 'key')}`;

export const LEDGER = [
  answer(keysOfNodes, (from, places) =>
    from
      .table('ledger_keys')
      .final()
      .filter(atPlaces(places, 'node'))
      .map((row) => ({ ...placeOf(row), digest: `${big(row, 'digest')}` })),
  ),
  answer(keysBeforeVersion, (from, { store_id, version, limit }) => {
    const isStale = (row: Row): boolean => ofStore(store_id)(row) && big(row, 'version') < version;
    const keys = from
      .table('ledger_keys')
      .final()
      .filter(isStale)
      .map((row) => ({ row, digest: big(row, 'digest') }));
    const rows = from
      .table('ledger_rows')
      .final()
      .filter(isStale)
      .map((row) => ({ row, digest: 0n }));
    return [...Map.groupBy([...keys, ...rows], ({ row }) => nameOf(row)).values()]
      .slice(0, limit)
      .flatMap((same) =>
        same
          .slice(0, 1)
          .map(({ row }) => ({ ...placeOf(row), digest: `${largest(same.map(({ digest }) => digest))}` })),
      );
  }),
  answer(storedRows, (from, { store_id, kinds, days, nodes }) => {
    const places = new Set(nodes.map((node, i) => `${kinds[i]} ${days[i]} ${node}`));
    return from
      .table('ledger_rows')
      .final()
      .filter(
        (row) => ofStore(store_id)(row) && places.has(`${text(row, 'kind')} ${text(row, 'day')} ${big(row, 'node')}`),
      )
      .map((row) => ({
        ...placeOf(row),
        version: `${big(row, 'version')}`,
        digest: `${digestOfRow(row)}`,
      }));
  }),
  answer(strayRows, (from, { store_id, first, last, limit }) => {
    const isIn = (row: Row): boolean => ofStore(store_id)(row) && between('node', first, last)(row);
    const named = new Set(from.table('ledger_keys').final().filter(isIn).map(nameOf));
    return from
      .table('ledger_rows')
      .final()
      .filter((row) => isIn(row) && !named.has(nameOf(row)))
      .slice(0, limit)
      .map((row) => ({ ...placeOf(row), version: `${big(row, 'version')}`, digest: 0 }));
  }),
];
