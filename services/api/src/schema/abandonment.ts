import { POINTS } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { count, durationMs, head, list, money, part, rate, words } from './parts.ts';

const rates = {
  abandonment_rate: rate('Ever abandoned / (ever abandoned + purchased)'),
  recovery_rate: rate('Recovered / ever abandoned'),
  not_bought_rate: rate('(Created - purchased - recovered) / created'),
};

/** Carts and their value, under whatever they have in common. */
const carts = count('Carts');
const value = money('Their value');

export const abandonmentReport = z
  .object({
    report: z.literal('abandonment').openapi({ description: 'Which report this is' }),
    ...head,
    carts: part('Carts opened in the period, by their state now; created is the sum of the states', {
      created: count('All of them'),
      active: count('Hold items, last active less than the idle threshold ago'),
      idle: count('Hold items, idle but not abandoned yet'),
      abandoned: count('Hold items, abandoned, the recovery window still runs'),
      lost: count('Hold items, abandoned, the recovery window is over'),
      emptied: count('Hold nothing and were not bought; never counted as abandoned'),
      purchased: count('Bought before they were ever abandoned'),
      recovered: count('Bought at or after an abandonment'),
      recovered_late: count('Of the recovered: after the recovery window'),
      revived: count('Came back to life at least once; no state'),
    }),
    ...rates,
    checkout: part('The same rates among carts with at least one checkout event', rates),
    points: list(
      'The furthest that the carts abandoned or lost now had come',
      part('One point', { stage: z.enum(POINTS).openapi({ description: 'The point' }), carts, value }),
    ),
    reasons: list(
      'The last friction before they were left, `none` when there was none',
      part('One reason', { code: words('Code of the friction'), carts, value }),
    ),
    products: list(
      'By value left, then carts',
      part('One product', {
        product_id: words('The product'),
        name: words('Its name as last seen; null when none was sent').nullable(),
        carts: count('Carts it was ever in'),
        left: count('Of the carts abandoned or lost now: those it is in'),
        bought: count('Carts that were ordered with it'),
        value_left: money('Its value in the carts abandoned or lost now'),
      }),
    ),
    times: part('How long it took', {
      median_ms_to_abandonment: durationMs('From opening to first abandonment, of carts ever abandoned: median'),
      p90_ms_to_abandonment: durationMs('The same: nine of ten were within'),
      median_ms_to_recovery: durationMs('From last abandonment to the order, of recovered carts: median'),
      p90_ms_to_recovery: durationMs('The same: nine of ten were within'),
    }),
    contactable: part('Of the carts abandoned or lost now: those whose customer is known', { carts, value }),
    peak_value: money('The largest value each cart ever had, added up'),
    removed: money('Peak value less value: what was taken out again'),
    last_pages: list(
      'Carts abandoned or lost now, by the last page before leaving; by value',
      part('One page', { page: words('The page; empty when none was sent'), carts, value }),
    ),
    last_products: list(
      'The same by the last product; by value',
      part('One product', { product_id: words('The product; empty when none was sent'), carts, value }),
    ),
  })
  .openapi('AbandonmentReport', { description: 'Where carts are left, what was in them, and why' });
