/** A small shop whose every number was worked out by hand from docs/definitions.md. */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

type Item = { product_id: string; name?: string; quantity: number; unit_price: number };
type Sent = Record<string, unknown>;

const sweater = (quantity = 1): Item => ({
  product_id: 'sweater',
  name: 'Merino sweater',
  quantity,
  unit_price: 2_000,
});
const mug = (quantity = 1): Item => ({ product_id: 'mug', name: 'Enamel mug', quantity, unit_price: 1_500 });
const candle: Item = { product_id: 'candle', name: 'Beeswax candle', quantity: 1, unit_price: 700 };

/** Noon (UTC) of a day some days ago: far from any local midnight of the store's zone. */
const noonAgo = (now: number, days: number): number => Math.floor(now / DAY_MS) * DAY_MS + 12 * HOUR_MS - days * DAY_MS;

/**
 * Seven visitors. Anna buys; Ben leaves at shipping, where its cost shocked him; Cleo empties her cart; Dina only
 * looks; Emil only visits; Finn leaves a cart (so long ago that it is lost); Gina leaves hers, comes back after
 * three hours and buys it with a candle. Part of Anna's order is refunded.
 */
export const knownEvents = (store_id: string, now: number): Sent[] => {
  const events: Sent[] = [];
  const visitor = (visitor_id: string, start: number) => {
    let at = start;
    const send = (type: string, more: Sent = {}, afterMs = MINUTE_MS): void => {
      events.push({
        event_id: `${visitor_id}-${events.length}`,
        store_id,
        type,
        visitor_id,
        session_id: `${visitor_id}-session`,
        source: 'browser',
        occurred_at: new Date(at).toISOString(),
        ...more,
      });
      at += afterMs;
    };
    const wait = (ms: number): void => {
      at += ms;
    };
    return { send, wait };
  };
  const add = (item: Item): Sent => ({ currency: 'EUR', items: [item] });
  const recent = noonAgo(now, 3);

  const anna = visitor('anna', recent);
  anna.send('visit');
  anna.send('product_view');
  anna.send('add_to_cart', add(sweater()));
  for (const checkout_step of ['start', 'contact', 'shipping', 'payment']) anna.send('checkout', { checkout_step });
  anna.send('purchase', {
    order_id: 'order-1',
    currency: 'EUR',
    items: [sweater()],
    amounts: { items: 2_000, discount: 200, tax: 0, shipping: 500, total: 2_300 },
  });
  anna.wait(HOUR_MS);
  anna.send('refund', {
    source: 'server',
    order_id: 'order-1',
    refund_id: 'refund-1',
    currency: 'EUR',
    amounts: { total: 600 },
  });

  const ben = visitor('ben', recent);
  ben.send('visit');
  ben.send('product_view');
  ben.send('add_to_cart', add(mug(2)));
  ben.send('checkout', { checkout_step: 'start' });
  ben.send('checkout', { checkout_step: 'shipping' });
  ben.send('friction', { friction: { code: 'shipping_cost_shown' } });

  const cleo = visitor('cleo', recent);
  cleo.send('visit');
  cleo.send('product_view');
  cleo.send('add_to_cart', add(sweater()));
  cleo.send('remove_from_cart', add(sweater()));

  const dina = visitor('dina', recent);
  dina.send('visit');
  dina.send('product_view');

  visitor('emil', recent).send('visit');

  const finn = visitor('finn', noonAgo(now, 10));
  finn.send('visit');
  finn.send('product_view');
  finn.send('add_to_cart', add(mug()));

  const gina = visitor('gina', recent);
  gina.send('visit');
  gina.send('product_view');
  gina.send('add_to_cart', add(sweater()));
  gina.wait(3 * HOUR_MS);
  gina.send('checkout', { checkout_step: 'start' });
  gina.send('purchase', {
    order_id: 'order-2',
    currency: 'EUR',
    items: [sweater(), candle],
    amounts: { items: 2_700, total: 2_700 },
  });
  return events;
};

/** What the pages must show of it, in their own words. */
export const KNOWN = {
  funnel: [
    ['Visit', '7', '–', '100.0%', '1'],
    ['Product view', '6', '85.7%', '85.7%', '1'],
    ['Add to cart', '5', '83.3%', '71.4%', '2'],
    ['Checkout', '3', '60.0%', '42.9%', '1'],
    ['Purchase', '2', '66.7%', '28.6%', '0'],
  ],
  abandonment: {
    kpis: {
      'Abandonment rate': ['75.0%', '66.7% from checkout on'],
      'Recovery rate': ['33.3%', '50.0% from checkout on'],
      'Not bought': ['60.0%', '33.3% from checkout on'],
      'Value left': ['€45.00', 'in 2 carts'],
      'Carts opened': ['5', '2 ordered'],
    },
    states: { Purchased: '1', Recovered: '1', Active: '0', Idle: '0', Emptied: '1', Abandoned: '1', Lost: '1' },
    points: [
      ['Cart', '1', '50.0%', '€15.00'],
      ['Checkout: shipping', '1', '50.0%', '€30.00'],
    ],
    reasons: [
      ['Shipping cost shown', '1', '50.0%', '€30.00'],
      ['No friction seen', '1', '50.0%', '€15.00'],
    ],
    products: [
      ['Enamel mug', '2', '2', '0', '€45.00'],
      ['candle', '0', '0', '1', '–'],
      ['Merino sweater', '3', '0', '2', '–'],
    ],
  },
  revenue: {
    kpis: {
      Net: ['€44.00', '€50.00 charged, €6.00 refunded'],
      'Gross sales': ['€47.00', '€39.00 net sales'],
      Orders: ['2', '0 without a cart'],
      'Average order value': ['€22.50', 'before tax added and shipping'],
      'Left in carts': ['€45.00', '€0.00 still standing'],
    },
    bridge: {
      'Carts that were ordered': '+€40.00',
      'Added at checkout': '+€7.00',
      'Dropped at checkout': '€0.00',
      'Gross sales': '€47.00',
      Discounts: '−€2.00',
      Shipping: '+€5.00',
      'Charged to customers': '€50.00',
      Refunds: '−€6.00',
      Net: '€44.00',
    },
    stages: [
      ['Cart', '5', '€105.00', '€15.00', '€0.00', '€20.00', '€20.00'],
      ['Checkout: start', '3', '€70.00', '€0.00', '€0.00', '€0.00', '€0.00'],
      ['Checkout: contact', '3', '€70.00', '€0.00', '€0.00', '€0.00', '€0.00'],
      ['Checkout: shipping', '3', '€70.00', '€30.00', '€0.00', '€0.00', '€0.00'],
      ['Checkout: payment', '2', '€40.00', '€0.00', '€0.00', '€0.00', '€0.00'],
      ['Purchase', '2', '€40.00', '€0.00', '€0.00', '€0.00', '€0.00'],
    ],
  },
} as const;
