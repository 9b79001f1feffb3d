import { WITHOUT_CART_REASONS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { count, head, list, localDay, money, part, rate, words } from './parts.ts';

export const qualityReport = z
  .object({
    report: z.literal('quality').openapi({ description: 'Which report this is' }),
    ...head,
    days: list(
      'Day by day',
      part('One local day: of receipt for what arrived, of the figure itself for the rest', {
        day: localDay('The day'),
        deliveries: count('Well-formed deliveries that reached the log'),
        events: count('Distinct events they made'),
        duplicates: count('Deliveries of an event that was there already'),
        late: count('Received more than 24 h after they happened'),
        rejected: list(
          'Deliveries turned away',
          part('One reason', { code: words('The reason'), count: count('Deliveries') }),
        ),
        junk_ids: count('Optional ids that were junk (`undefined`, `null`, ...) and taken as absent'),
        conflicts: part('Deliveries that contradict each other', {
          events: count('Event ids under two visitors or in two months'),
          orders: count('Deliveries of orders that differ from the one that counts'),
        }),
        orders: count('Orders, without tests'),
        test_orders: count('Test orders'),
        orders_without_cart: list(
          'Orders that joined no cart',
          part('One reason', {
            reason: z.enum(WITHOUT_CART_REASONS).openapi({ description: 'Why' }),
            orders: count('Orders'),
          }),
        ),
        unexplained: money('Sum of |unexplained| of the orders; only currencies in which there is some'),
        unexplained_share: rate('|unexplained| / order totals, of the currency where it is largest'),
        carts: count('Carts opened'),
        carts_without_id: count('Of them: without a cart id'),
        unpriced_carts: count('Of them: with a line that was never priced'),
        unmatched_removes: count('Items of removes that matched nothing in these carts, and were ignored'),
        purchases_without_earlier_event: count('Orders of visitors of whom nothing but purchases was seen before'),
        browser_refunds: count('Refunds sent by browsers, which are never summed'),
        clock_errors: part('Senders whose clock was off by more than 2 s', {
          deliveries: count('Deliveries'),
          largest_ms: count('The largest error, in ms'),
        }),
        bots: part('Visitors taken for bots, and the carts left out because of them', {
          visitors: count('Visitors'),
          carts: count('Carts'),
        }),
      }),
    ),
    verdict: part('How far the numbers can be trusted', {
      level: z.enum(['good', 'fair', 'poor']).openapi({
        description: '`good`: trust them. `fair`: some are softer than they look. `poor`: mend what sends events first',
      }),
      sentences: list('Why, in plain words', z.string()),
    }),
  })
  .openapi('QualityReport', { description: 'How good the data is that the numbers are made of' });
