/** Histories for tests, told in minutes. */
import type { Delivery, EventType } from '@cartledger/events';
import { DEFAULT_DEFINITION, type Definition, MINUTE_MS } from '../definition.ts';
import type { CurrencyRevenue } from '../reports/index.ts';
import type { ReferenceInput } from './look.ts';
import { type ReferenceReports, reference } from './reports.ts';

/** Monday 5 January 2026, noon UTC: where scenarios begin. */
export const START = Date.UTC(2026, 0, 5, 12);
/** Long after: what was left then is lost. */
const LONG_AFTER = START + 90 * 24 * 60 * MINUTE_MS;

/** An event `at` so many minutes after START, from visitor `v`'s browser unless told otherwise. */
export type Told = Partial<Delivery> & { type: EventType; at: number };

export const deliveriesOf = (story: readonly Told[]): Delivery[] =>
  story.map(({ at, ...told }, i) => {
    const occurredAt = told.occurred_at ?? START + at * MINUTE_MS;
    return {
      event_id: `e${i + 1}`,
      store_id: 's',
      visitor_id: 'v',
      source: 'browser',
      currency: 'EUR',
      received_at: occurredAt + i,
      payload_hash: BigInt(i),
      ...told,
      occurred_at: occurredAt,
    };
  });

/** One line: a product, its price in minor units, how many. */
export const line = (productId: string, unitPrice: number, quantity = 1) => ({
  product_id: productId,
  unit_price: unitPrice,
  quantity,
});

/** One A at 100 into the cart. */
export const add = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at,
  items: [line('A', 100)],
  ...more,
});

/** One A at 100 bought, unless told otherwise. */
export const buy = (at: number, orderId: string, more: Partial<Told> = {}): Told => ({
  type: 'purchase',
  at,
  order_id: orderId,
  items: [line('A', 100)],
  amounts: { total: 100 },
  ...more,
});

/** A refund the shop's back end tells of. */
export const refund = (at: number, orderId: string, total: number, more: Partial<Told> = {}): Told => ({
  type: 'refund',
  at,
  source: 'webhook',
  order_id: orderId,
  refund_id: 'r1',
  amounts: { total },
  ...more,
});

/** What the engines are asked of a story: all of it, long after, unless told otherwise. */
export const toldInput = (
  story: readonly Told[],
  told: Partial<Omit<ReferenceInput, 'deliveries' | 'definition'>> & { definition?: Partial<Definition> } = {},
) => {
  const { definition, ...rest } = told;
  return {
    deliveries: deliveriesOf(story),
    asOf: LONG_AFTER,
    from: '2025-01-01',
    to: '2027-12-31',
    definition: { ...DEFAULT_DEFINITION, ...definition },
    ...rest,
  };
};

export const tell = (...told: Parameters<typeof toldInput>): ReferenceReports => reference(toldInput(...told));

/** The revenue in EUR, for stories that have some. */
export const euros = (reports: Pick<ReferenceReports, 'revenue'>): CurrencyRevenue => {
  const revenue = new Map(Object.entries(reports.revenue)).get('EUR');
  if (revenue === undefined) throw new Error('the story has no amount in EUR');
  return revenue;
};
