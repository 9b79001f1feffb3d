import type { BridgeLine, RefundsOn } from '@cartledger/funnel';

export type LineKind = 'step' | 'total';
export type LineWords = { label: string; short: string; kind: LineKind; meaning: string };

/** Every line of the bridge: what it is called and which formula it states. */
export const BRIDGE_WORDS: Record<BridgeLine, LineWords> = {
  joined_carts: {
    label: 'Carts that were ordered',
    short: 'Ordered carts',
    kind: 'step',
    meaning: 'What the carts held when these orders were placed.',
  },
  added_at_checkout: {
    label: 'Added at checkout',
    short: 'Added',
    kind: 'step',
    meaning: 'Products in the order that were not in its cart.',
  },
  dropped_at_checkout: {
    label: 'Dropped at checkout',
    short: 'Dropped',
    kind: 'step',
    meaning: 'Products in the cart that were not in its order.',
  },
  price_and_quantity_changes: {
    label: 'Price and quantity changes',
    short: 'Changes',
    kind: 'step',
    meaning: 'Products in both, at another price or quantity.',
  },
  unexplained_items: {
    label: 'Orders without priced lines',
    short: 'No lines',
    kind: 'step',
    meaning: 'Orders whose lines are missing or unpriced: items ordered − what the cart held.',
  },
  currency_change: {
    label: 'Ordered in another currency',
    short: 'Currency',
    kind: 'step',
    meaning: 'Out of the currency of the cart, into the currency of the order.',
  },
  'orders_without_cart.no_add_seen': {
    label: 'Orders without a cart: no add seen',
    short: 'No add seen',
    kind: 'step',
    meaning: 'Orders for which no add to cart was recorded.',
  },
  'orders_without_cart.no_common_product': {
    label: 'Orders without a cart: other products',
    short: 'Other products',
    kind: 'step',
    meaning: 'Orders that share no product with the cart of their visitor.',
  },
  'orders_without_cart.cart_already_bought': {
    label: 'Orders without a cart: cart already bought',
    short: 'Already bought',
    kind: 'step',
    meaning: 'Orders whose cart an earlier order had closed.',
  },
  'orders_without_cart.other_channel': {
    label: 'Orders without a cart: other channels',
    short: 'Other channels',
    kind: 'step',
    meaning: 'Orders taken elsewhere than on the web.',
  },
  'orders_without_cart.cart_excluded': {
    label: 'Orders without a cart: cart excluded',
    short: 'Excluded carts',
    kind: 'step',
    meaning: 'Orders whose cart bots had made.',
  },
  gross_sales: {
    label: 'Gross sales',
    short: 'Gross sales',
    kind: 'total',
    meaning: 'All items ordered, before discounts.',
  },
  discounts: { label: 'Discounts', short: 'Discounts', kind: 'step', meaning: 'Taken off at the order.' },
  tax: {
    label: 'Tax added',
    short: 'Tax',
    kind: 'step',
    meaning: 'Tax on top of the prices; tax included in them is not here.',
  },
  shipping: { label: 'Shipping', short: 'Shipping', kind: 'step', meaning: 'Charged for delivery.' },
  unexplained: {
    label: 'Unexplained',
    short: 'Rest',
    kind: 'step',
    meaning: 'Order totals − (items − discounts + tax added + shipping), as the storefront sent them.',
  },
  order_total: {
    label: 'Charged to customers',
    short: 'Charged',
    kind: 'total',
    meaning: 'Gross sales − discounts + tax added + shipping + unexplained.',
  },
  refunds: {
    label: 'Refunds',
    short: 'Refunds',
    kind: 'step',
    meaning: 'Refunded, cancelled and charged back.',
  },
  net: { label: 'Net', short: 'Net', kind: 'total', meaning: 'Charged to customers − refunds.' },
};

/** By the day on which refunds count: what is chosen, and what is then in the numbers. */
export const REFUNDS_WORDS: Record<RefundsOn, { choice: string; dated: string; refunds: string; net: string }> = {
  refund: {
    choice: 'Refunds: own day',
    dated: 'Orders and refunds dated in the period',
    refunds: 'Refunded, cancelled and charged back on these days.',
    net: 'Charged to customers − refunds dated in the period.',
  },
  order: {
    choice: 'Refunds: order’s day',
    dated: 'Orders dated in the period, and their refunds',
    refunds: 'Refunded, cancelled and charged back of the orders of these days, whenever that was.',
    net: 'Charged to customers − refunds of these orders, whenever that was.',
  },
};

/** The five lines of orders without a cart as one bar. */
export const WITHOUT_CART_WORDS = { label: 'Orders without a cart', short: 'Without a cart' } as const;

export const REVENUE_DEFINITIONS = {
  gross_sales: 'Sum of all items ordered in the period, before discounts, tax and shipping.',
  net_sales: 'Gross sales − discounts − refunded items.',
  order_total: 'What customers were charged: gross sales − discounts + tax added + shipping (+ unexplained).',
  average_order_value: '(Gross sales − discounts) ÷ orders.',
  orders: 'Orders dated in the period, test orders left out. Each order counts once, however often it was reported.',
  standing: 'In carts opened in the period that are still active or idle: may yet be ordered.',
  left: 'In carts opened in the period that are abandoned or lost.',
} as const;

export const STAGE_COLUMNS = {
  carts: 'Carts with a value in this currency that reached the stage.',
  reached: 'Value of the carts that reached the stage = left + standing + emptied here + reached the next.',
  left: 'Value of the carts abandoned or lost whose furthest stage this is.',
  standing: 'Value of the carts still active or idle whose furthest stage this is.',
  emptied: 'Value that carts whose furthest stage this is held before their owners emptied them.',
  recovered: 'Value of the carts that were left here and ordered after all.',
} as const;
