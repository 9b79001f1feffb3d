import { BRIDGE_LINES, POINTS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { count, head, list, localDay, minor, part, refundsOn, words } from './parts.ts';

const cartAmounts = {
  value: minor('Value of all carts opened in the period'),
  left: minor('Of carts abandoned or lost now'),
  standing: minor('Of carts active or idle now'),
  emptied: minor('Of carts emptied'),
  bought: minor('Of carts ordered'),
};

const orderAmounts = {
  gross_sales: minor('Items at their prices'),
  discounts: minor('Discounts, as a positive amount'),
  tax: minor('Tax added on top of the prices'),
  shipping: minor('Shipping'),
  unexplained: minor('Total - (items - discount + tax added + shipping)'),
  order_total: minor('What was charged'),
  refunds: minor('Refunds that count in the period: see refunds_on'),
  net: minor('Order total - refunds'),
  net_sales: minor('Items - discounts - refunded items'),
};

const currencyRevenue = z
  .object({
    stages: list(
      'Value of the carts opened in the period, by stage',
      part('One stage; reached = left + standing + emptied here + reached at the next', {
        stage: z.enum([...POINTS, 'purchase']).openapi({ description: 'The stage' }),
        carts: count('Carts with a value in the currency that reached it'),
        reached: minor('Value of carts that came at least this far'),
        left: minor('Of them abandoned or lost at this point'),
        standing: minor('Of them active or idle at this point'),
        emptied: minor('Of them emptied at this point'),
        recovered: minor('Value of recovered carts that were last abandoned at this point'),
      }),
    ),
    carts: part('Carts opened in the period: value = left + standing + emptied + bought', cartAmounts),
    orders: part('Orders dated in the period', {
      count: count('Orders, without tests'),
      without_cart: count('Of them: orders that joined no cart'),
      ...orderAmounts,
      average_order_value: minor('(Items - discounts) / orders, half to even; null without orders').nullable(),
    }),
    bridge: list(
      'From the joined carts to the net, signed so that it adds up; zeros are listed',
      part('One line', {
        line: z.enum(BRIDGE_LINES).openapi({ description: 'The line, or a sum that stands between' }),
        amount: minor('Its amount'),
      }),
    ),
    timing: minor('Joined carts - bought by carts opened in the period; 0 over all history'),
    difference: minor('The bridge’s end from the ledgers less the sum of the orders’ own totals and refunds: 0'),
  })
  .openapi('CurrencyRevenue', { description: 'The two statements and the bridge, in one currency' });

const converted = part('Totals in the reporting currency, each ledger row turned at the rate of the day it counts on', {
  currency: words('The reporting currency'),
  source: words('Whose rates'),
  rate_days: part('First and last day of the rates used; null when no row needed one', {
    from: localDay('First'),
    to: localDay('Last'),
  }).nullable(),
  missing: list(
    'Rates that are not there; while there is one, the totals are null',
    part('One rate', { currency: words('The currency'), day: localDay('The day') }),
  ),
  carts: part('As by currency', cartAmounts).nullable(),
  orders: part('As by currency', orderAmounts).nullable(),
}).nullable();

export const revenueReport = z
  .object({
    report: z.literal('revenue').openapi({ description: 'Which report this is' }),
    ...head,
    refunds_on: refundsOn(
      'The day its refunds count on, and are converted at the rate of: their own, or their order’s',
    ),
    currencies: z.record(z.string(), currencyRevenue).openapi({ description: 'By currency, ISO 4217' }),
    converted: converted.openapi({ description: 'null when the store names no source of rates' }),
  })
  .openapi('RevenueReport', { description: 'How much money stands, is lost and is won at each stage' });
