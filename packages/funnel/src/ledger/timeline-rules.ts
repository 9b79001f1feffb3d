/** Every code that a timeline's entries name as the rule that decided them, and what the rule says, for people. */
export const TIMELINE_RULES = {
  known_id: 'It carries a known cart id and belongs to that id’s open cart.',
  carried_id:
    'It carries no known cart id, so it follows the id that its visitor last carried in this stretch of time.',
  own_cart: 'Its visitor carries no cart id in this stretch of time, so it belongs to the visitor’s own cart.',
  own_cart_merged:
    'It came into its visitor’s own cart, which became part of the cart of the id that the visitor then carried.',
  residue:
    'It is a page drawn from what was just bought: at most 30 minutes after the order, with nothing added since. It belongs to no cart.',
  before_opening: 'No cart is open for it, and it opens none: that takes an add, or a snapshot with items.',
  after_closing: 'An order closed the last cart of its id, and only an add or a snapshot with items opens the next.',
  custom_without_id: 'A custom event belongs to a cart only by a known cart id.',
  order_delivery: 'It is a delivery of an order, which is made from all its deliveries and stands in its own place.',
  refund_delivery: 'It is a delivery of a refund, which is made from all its deliveries and stands on its own day.',
  browser_refund: 'A refund that a browser states is kept and counted in data quality, and never summed.',

  order_joined_known_id: 'It names a known cart id and joins that id’s open cart, which it closes.',
  order_joined_carried_id:
    'It names no known cart id, so it joins the open cart of the id that its visitor last carried, which it closes: it lists no items, or one of that cart’s products.',
  order_joined_own_cart:
    'It names no known cart id and its visitor carries none, so it joins the visitor’s own cart, which it closes: it lists no items, or one of that cart’s products.',
  no_add_seen: 'No cart is open for it, and no order closed one for it just before: its adds never arrived.',
  no_common_product: 'It names no known cart id, and lists no product of the open cart that it could have joined.',
  cart_already_bought: 'The cart it could have joined was closed by an order before it, and no next one has opened.',
  other_channel: 'It was sold on another channel than the web and found no cart to join.',
  cart_excluded: 'It joined a cart that bots alone made, so it counts as an order without cart.',

  refund_counted: 'It counts in full, in its own currency, on its own day.',
  refund_unknown_order: 'No order of this id is known. It counts all the same.',
  refund_other_currency: 'Its currency is not its order’s. It counts all the same.',
  refund_more_than_order: 'With the order’s earlier refunds it is more than the order. It counts all the same.',

  stretch_gap:
    'A new stretch of the visitor’s time: 30 days or more since the last cart event or event with a known cart id. No id is carried into it, and no own cart.',
  stretch_order:
    'A new stretch of the visitor’s time: an order joined a cart of the last one. Of the ids carried, only the last whose cart is open lives on.',

  cart_opened: 'An add, or a snapshot with items, opened the cart.',
  cart_active: 'The cart holds items and was active just now.',
  cart_idle: 'The cart holds items, and nothing has happened in it for the idle threshold.',
  cart_abandoned: 'The cart holds items, and nothing has happened in it for the abandonment threshold.',
  cart_lost: 'The recovery window has passed since the cart was abandoned.',
  cart_emptied: 'The cart holds nothing any more. It is not closed, and never counts as abandoned.',
  cart_revived: 'A cart event revived the abandoned cart.',
  cart_purchased: 'It was ordered before it was ever abandoned.',
  cart_recovered: 'It was ordered after it had been abandoned, within the recovery window of the last time.',
  cart_recovered_late: 'It was ordered after it had been abandoned, past the recovery window of the last time.',

  bot_user_agent: 'The visitor is a bot: a known one’s user agent, and no order. Bots are in no report.',
  bot_many_carts:
    'The visitor is a bot: more carts opened on one local day than the store allows, and no order. Bots are in no report.',
} as const;
export type TimelineRule = keyof typeof TIMELINE_RULES;

/** The states that begin in a timeline, as `what` of its entries of kind `state` names them. */
export const TIMELINE_STATES = [
  'opened',
  'active',
  'idle',
  'abandoned',
  'lost',
  'emptied',
  'revived',
  'purchased',
  'recovered',
  'recovered_late',
  'stretch',
  'bot',
] as const;
export type TimelineState = (typeof TIMELINE_STATES)[number];
