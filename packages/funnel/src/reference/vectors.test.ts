import { readFileSync } from 'node:fs';
import type { Delivery } from '@cartledger/events';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DEFINITION, type Definition } from '../definition.ts';
import { reference } from './reports.ts';

/** A recorded history and what two engines written from the definitions alone agreed the reports must say. */
type Vector = {
  seed: number;
  config: Omit<Definition, 'version' | 'currency' | 'max_age_days'> & { store_id: string };
  deliveries: Omit<Delivery, 'payload_hash'>[];
  as_of_ms: number;
  from: string;
  to: string;
  expect: {
    funnel: unknown;
    abandonment: { products: Record<string, unknown>[] };
    revenue: { currencies: unknown };
    carts: unknown;
    orders: unknown;
  };
};

const FILE = new URL('../../../../test/fixtures/vectors/vectors.ndjson', import.meta.url);

const vectors = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line): Vector => JSON.parse(line));

/** The vectors hold money as plain integers, all of them small. */
const withPlainIntegers = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? Number(each) : each)));

const run = ({ config, deliveries, as_of_ms: asOf, from, to }: Vector) => {
  const { store_id: _, ...decided } = config;
  return reference({
    deliveries: deliveries.map((delivery) => ({ ...delivery, payload_hash: 0n })),
    definition: { ...DEFAULT_DEFINITION, ...decided },
    asOf,
    from,
    to,
  });
};

describe('the reference engine says what the conformance vectors say', () => {
  it('has all 300 vectors', () => {
    expect(vectors).toHaveLength(300);
  });

  it.each(vectors.map((vector) => [vector.seed, vector] as const))('seed %i', (_seed, vector) => {
    const { funnels, abandonment, revenue, carts, orders } = run(vector);
    const products = abandonment.products.map(({ name: _, ...product }) => product);
    const recorded = carts.map(({ unmatched_removes: _, ...cart }) => cart);

    expect(withPlainIntegers(recorded)).toEqual(vector.expect.carts);
    expect(withPlainIntegers(orders)).toEqual(vector.expect.orders);
    expect(funnels).toEqual(vector.expect.funnel);
    expect(withPlainIntegers({ ...abandonment, products })).toEqual(vector.expect.abandonment);
    expect(withPlainIntegers(revenue)).toEqual(vector.expect.revenue.currencies);
  });
});
