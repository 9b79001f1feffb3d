import { orphans, visitorsBetween } from '@cartledger/aggregator/testing';
import { answer } from '../answer.ts';
import { big } from '../value.ts';
import { ascending, between, ofStore } from './sets.ts';

export const SWEEP = [
  answer(visitorsBetween, (from, { store_id, first, last, limit }) => {
    const rows = from
      .table('events')
      .raw()
      .filter(ofStore(store_id))
      .filter(between('visitor_hash', first, last));
    return ascending(rows.map((row) => big(row, 'visitor_hash')))
      .slice(0, limit)
      .map((visitor) => ({ visitor_hash: `${visitor}` }));
  }),
  answer(orphans, (from, { store_id, first, last, limit }) => {
    const isOf = ofStore(store_id);
    const isIn = between('node', first, last);
    const visitors = new Set(
      from
        .table('events')
        .raw()
        .filter(isOf)
        .map((row) => big(row, 'visitor_hash')),
    );
    const edges = from.table('links').raw().filter(isOf).filter(isIn);
    const neighborhood = Map.groupBy(edges, (row) => big(row, 'node'));
    const neighborsOf = (node: bigint): bigint[] => [
      ...new Set((neighborhood.get(node) ?? []).map((row) => big(row, 'neighbor'))),
    ];
    const nodes = from
      .table('ledger_keys')
      .final()
      .filter(isOf)
      .filter(isIn)
      .map((row) => big(row, 'node'));
    return ascending(nodes)
      .filter((node) => !visitors.has(node) && !neighborsOf(node).some((neighbor) => visitors.has(neighbor)))
      .slice(0, limit)
      .map((node) => ({
        node: `${node}`,
        neighbors: neighborsOf(node)
          .filter((each) => each !== 0n)
          .map(String),
      }));
  }),
];
