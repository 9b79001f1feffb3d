/** A store of a running product, as its storefront and its owner use it: over HTTP. */
import { z } from 'zod';
import { type Product, until } from '../e2e/product.ts';
import { STAGES, type Truth } from './bad-events.ts';

const problem = z.object({ error: z.object({ code: z.string(), message: z.string(), field: z.string().optional() }) });
const head = z.object({ as_of: z.string() });
const funnel = head.extend({ stages: z.array(z.object({ units: z.number() })) });
const abandonment = head.extend({ carts: z.object({ created: z.number(), purchased: z.number() }) });
const revenue = head.extend({
  currencies: z.record(
    z.string(),
    z.object({
      carts: z.object({ value: z.number() }),
      orders: z.object({ count: z.number(), gross_sales: z.number(), order_total: z.number() }),
      difference: z.number(),
    }),
  ),
});

export type Answer = { status: number; retryAfter: string | null; body: unknown };
export const problemIn = ({ body }: Answer) => problem.parse(body).error;

const asked = async (url: string, init: RequestInit): Promise<Answer> => {
  const response = await fetch(url, init);
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    body: response.status === 204 ? null : await response.json(),
  };
};

/** What the reports have to say; an event lost misses in one of these, one counted twice is too much in one. */
export const productReportsFor = ({ journeys: count, value, total }: Truth) => ({
  funnel: STAGES.map(() => count),
  carts: { created: count, purchased: count },
  money: [
    [
      'EUR',
      { value: Number(value), orders: count, gross_sales: Number(value), order_total: Number(total), difference: 0 },
    ],
  ],
});

export const createShop = async (
  { url, adminToken }: Pick<Product, 'url' | 'adminToken'>,
  store_id: string,
  definition: { time_zone?: string; currency?: string } = {},
) => {
  const json = { 'content-type': 'application/json' };
  const admin = { authorization: `Bearer ${adminToken}` };
  const make = async <T extends z.ZodType>(path: string, body: object, schema: T): Promise<z.output<T>> => {
    const { status, body: made } = await asked(url + path, {
      method: 'POST',
      headers: { ...admin, ...json },
      body: JSON.stringify(body),
    });
    if (status !== 201) throw new Error(`${path} answered ${status}: ${JSON.stringify(made)}`);
    return schema.parse(made);
  };
  const newKey = (scope: 'events:write' | 'reports:read') =>
    make(`/api/v1/stores/${store_id}/keys`, { scope }, z.object({ key: z.string(), key_id: z.string() }));

  await make('/api/v1/stores', { ...definition, store_id }, z.unknown());
  const { key } = await newKey('events:write');

  const ask = (path: string, init: RequestInit = {}): Promise<Answer> =>
    asked(url + path, { ...init, headers: { ...admin, ...init.headers } });
  const report = (name: string, store = store_id): Promise<Answer> => ask(`/api/v1/stores/${store}/reports/${name}`);

  /** With the store's write key, unless the headers say otherwise. */
  const post = (body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string> = {}): Promise<Answer> =>
    asked(`${url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...json, ...headers },
      body,
    });

  return {
    key,
    newKey,
    ask,
    report,
    post,
    send: (events: readonly unknown[], headers: Record<string, string> = {}) => post(JSON.stringify(events), headers),
    /** Resolves when the reports have everything that was answered before. */
    settled: (timeoutMs = 60_000): Promise<unknown> => {
      const answeredAt = Date.now();
      return until(`the reports of ${store_id} include everything`, timeoutMs, async () => {
        const { status, body } = await report('funnel');
        return status === 200 && Date.parse(head.parse(body).as_of) >= answeredAt ? true : null;
      });
    },
    /** Of the last 30 days. */
    async reports() {
      const { stages } = funnel.parse((await report('funnel')).body);
      const { carts } = abandonment.parse((await report('abandonment')).body);
      const { currencies } = revenue.parse((await report('revenue')).body);
      return {
        funnel: stages.map(({ units }) => units),
        carts,
        money: Object.entries(currencies).map(
          ([
            currency,
            {
              carts: { value },
              orders,
              difference,
            },
          ]) => [
            currency,
            {
              value,
              orders: orders.count,
              gross_sales: orders.gross_sales,
              order_total: orders.order_total,
              difference,
            },
          ],
        ),
      };
    },
  };
};
