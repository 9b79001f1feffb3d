import { type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import type { AbandonmentBody } from '@cartledger/funnel';
import { z } from 'zod';
import { byValueThenId, sumMoney } from '../money.ts';
import {
  CARTS,
  type CartParams,
  cartParams,
  LEFT,
  OPENED_IN_PERIOD,
  PRODUCTS_BOUGHT,
  PRODUCTS_COUNTED,
  PRODUCTS_EVER,
} from './predicates.ts';

const count = z.coerce.number();

/** Carts a product was ever in, left in, bought in. */
const productCarts = defineQuery({
  name: 'product_carts',
  sql: `
    SELECT product_id, countIf(how = 1) AS carts, countIf(how = 2) AS left, countIf(how = 3) AS bought
    FROM (
      SELECT ${PRODUCTS_EVER} AS ever, if(${LEFT}, ${PRODUCTS_COUNTED}, []) AS left_in, ${PRODUCTS_BOUGHT} AS bought_in
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD}
    )
    ARRAY JOIN
      arrayConcat(ever, left_in, bought_in) AS product_id,
      arrayConcat(arrayMap(_ -> 1, ever), arrayMap(_ -> 2, left_in), arrayMap(_ -> 3, bought_in)) AS how
    GROUP BY product_id`,
  params: cartParams,
  row: z.object({ product_id: z.string(), carts: count, left: count, bought: count }),
});

const productValues = defineQuery({
  name: 'product_values',
  sql: `
    SELECT product_id, currency, sum(toInt128(quantity) * assumeNotNull(price)) AS value_left
    FROM (
      SELECT lines.product_id AS ids, lines.currency AS currencies, lines.quantity AS quantities, lines.unit_price AS prices
      FROM ${CARTS}
      WHERE ${OPENED_IN_PERIOD} AND ${LEFT}
    )
    ARRAY JOIN ids AS product_id, currencies AS currency, quantities AS quantity, prices AS price
    WHERE price IS NOT NULL
    GROUP BY product_id, currency`,
  params: cartParams,
  row: z.object({ product_id: z.string(), currency: z.string(), value_left: z.coerce.bigint() }),
});

/** The names that the cart opened last gave: several when several carts were opened at that instant. */
const productNames = defineQuery({
  name: 'product_names',
  sql: `
    SELECT product_id, arrayMap(given -> given.2, arrayFilter(given -> given.1 = latest, groupArray((last_at, name)))) AS names,
      max(last_at) AS latest
    FROM (
      SELECT product_id, name, max(opened_at) AS last_at
      FROM (SELECT opened_at, ${PRODUCTS_EVER} AS ever, products.name AS given FROM ${CARTS} WHERE ${OPENED_IN_PERIOD})
      ARRAY JOIN ever AS product_id, given AS name
      WHERE name != ''
      GROUP BY product_id, name
    )
    GROUP BY product_id`,
  params: cartParams,
  row: z.object({ product_id: z.string(), names: z.array(z.string()) }),
});

/** Of carts opened at one instant, the last by key. Slow: comparing keys of all carts is what productNames avoids. */
const contestedNames = defineQuery({
  name: 'product_names_contested',
  sql: `
    SELECT product_id, argMax(name, (opened_at, cart_key)) AS last_name
    FROM (SELECT opened_at, cart_key, ${PRODUCTS_EVER} AS ever, products.name AS given FROM ${CARTS} WHERE ${OPENED_IN_PERIOD})
    ARRAY JOIN ever AS product_id, given AS name
    WHERE name != '' AND product_id IN {contested:Array(String)}
    GROUP BY product_id`,
  params: cartParams.extend({ contested: z.array(z.string()) }),
  row: z.object({ product_id: z.string(), last_name: z.string() }),
});

const readNames = async (clickhouse: ClickHouse, params: CartParams): Promise<Map<string, string>> => {
  const rows = await clickhouse.query(productNames, params);
  const names = new Map(rows.map(({ product_id, names: [name = ''] }) => [product_id, name]));
  const contested = rows.filter((row) => row.names.length > 1).map((row) => row.product_id);
  if (contested.length > 0)
    for (const { product_id, last_name } of await clickhouse.query(contestedNames, { ...params, contested }))
      names.set(product_id, last_name);
  return names;
};

/** Per product, by value left then id. */
export const readProducts = async (
  clickhouse: ClickHouse,
  params: CartParams,
): Promise<AbandonmentBody['products']> => {
  const [carts, values, names] = await Promise.all([
    clickhouse.query(productCarts, params),
    clickhouse.query(productValues, params),
    readNames(clickhouse, params),
  ]);
  const valuesOf = Map.groupBy(values, ({ product_id }) => product_id);
  return carts
    .map(({ product_id, ...counts }) => ({
      product_id,
      name: names.get(product_id) ?? null,
      ...counts,
      value_left: sumMoney((valuesOf.get(product_id) ?? []).map(({ currency, value_left }) => [currency, value_left])),
    }))
    .sort(
      byValueThenId(
        (row) => row.value_left,
        (row) => row.product_id,
      ),
    );
};
