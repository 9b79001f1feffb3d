/** Stories of orders and refunds, as both engines tell them. */
import type { Amounts, Item } from '@cartledger/events';
import { tell } from '../testing/both-engines.ts';
import { euros, line, type Told } from './scenario.ts';

export const DAY = 24 * 60;

export const add = (at: number, more: Partial<Told> = {}): Told => ({
  type: 'add_to_cart',
  at,
  items: [line('A', 100)],
  ...more,
});
export const buy = (at: number, amounts: Amounts, items: Item[] = [], more: Partial<Told> = {}): Told => ({
  type: 'purchase',
  at,
  order_id: 'o1',
  amounts,
  items,
  ...more,
});
export const refund = (at: number, total: number, more: Partial<Told> = {}): Told => ({
  type: 'refund',
  at,
  source: 'webhook',
  order_id: 'o1',
  refund_id: 'r1',
  amounts: { total },
  ...more,
});

export const inEuro = (story: Told[], period: { from?: string; to?: string } = {}) => euros(tell(story, period));
export const linesOf = (story: Told[], currency = 'EUR') =>
  Object.fromEntries(
    (tell(story).revenue[currency]?.bridge ?? [])
      .filter((entry) => entry.amount !== 0n)
      .map((entry) => [entry.line, entry.amount]),
  );
