/** One-line changes of the ledger jobs, each of which breaks one rule of docs/definitions.md. */
export type Mutation = {
  /** The rule it breaks. */
  rule: string;
  /** Below packages/funnel/src/ledger. */
  file: string;
  /** Stands there exactly once. */
  find: string;
  replace: string;
};

export const MUTATIONS: readonly Mutation[] = [
  {
    rule: 'the order’s winner: a webhook’s word counts before a server’s',
    file: 'deliveries.ts',
    find: 'webhook: 0, server: 1, import: 2, browser: 3',
    replace: 'webhook: 1, server: 0, import: 2, browser: 3',
  },
  {
    rule: 'an order stands at the earliest time of the source nearest to the customer',
    file: 'deliveries.ts',
    find: 'nearer === 0 && entry.time < best.time',
    replace: 'nearer === 0 && entry.time > best.time',
  },
  {
    rule: 'deliveries that tie are told apart by the highest revision',
    file: 'deliveries.ts',
    find: '(b.event.revision ?? 0) - (a.event.revision ?? 0) ||',
    replace: '(a.event.revision ?? 0) - (b.event.revision ?? 0) ||',
  },
  {
    rule: 'residue: at most 30 minutes after the order, inclusive',
    file: 'carts.ts',
    find: 'time - order.ordered_at <= RESIDUE_MS',
    replace: 'time - order.ordered_at < RESIDUE_MS',
  },
  {
    rule: 'a stretch ends at 30 days, inclusive',
    file: 'carts.ts',
    find: 'if (ofCart && shopper.lastMark !== null && time - shopper.lastMark >= STRETCH_GAP_MS)',
    replace: 'if (ofCart && shopper.lastMark !== null && time - shopper.lastMark > STRETCH_GAP_MS)',
  },
  {
    rule: 'after a join the last id whose cart is open lives on',
    file: 'stretches.ts',
    find: 'if (survivor) noteCarried(shopper, survivor);',
    replace: '',
  },
  {
    rule: 'an order stands at ordered_at + tie_tolerance, after the events of that instant',
    file: 'carts.ts',
    find: 'order.ordered_at + tie_tolerance_ms < time',
    replace: 'order.ordered_at + tie_tolerance_ms <= time',
  },
  {
    rule: 'cart_already_bought: at most 24 hours after the order that ended the stretch, inclusive',
    file: 'carts.ts',
    find: 'order.ordered_at - previous.ordered_at <= ALREADY_BOUGHT_MS',
    replace: 'order.ordered_at - previous.ordered_at < ALREADY_BOUGHT_MS',
  },
  {
    rule: 'an order without id joins only a cart it shares a product with',
    file: 'carts.ts',
    find: 'if (cart && (id || sharesProduct(order, cart))) {',
    replace: 'if (cart) {',
  },
  {
    rule: 'a custom event belongs to a cart only by its known id',
    file: 'carts.ts',
    find: "if (!id && event.type.startsWith('custom:')) {",
    replace: "if (!id && event.type === 'custom:never') {",
  },
  {
    rule: 'an add within the tolerance after a snapshot is already in it, inclusive',
    file: 'contents.ts',
    find: 'if (time - lastSnapshotAt <= tie_tolerance_ms) {',
    replace: 'if (time - lastSnapshotAt < tie_tolerance_ms) {',
  },
  {
    rule: 'quantity does not go below 0',
    file: 'contents.ts',
    find: '-Math.min(line.quantity, item.quantity)',
    replace: '-item.quantity',
  },
  {
    rule: 'the counted lines of an emptied cart are those just before it was last emptied',
    file: 'contents.ts',
    find: 'if (held && present.size === 0) beforeEmptied = taken(made);',
    replace: 'if (held && present.size === 0) beforeEmptied = [];',
  },
  {
    rule: 'at its very instant an abandonment comes before any event',
    file: 'cart-life.ts',
    find: 'at > time || at > orderedAt',
    replace: 'at >= time || at > orderedAt',
  },
  {
    rule: 'only cart events revive an abandoned cart',
    file: 'cart-life.ts',
    find: 'const revives = abandoned && isCartEvent(event);',
    replace: 'const revives = abandoned;',
  },
  {
    rule: 'the reason is that of the last friction after the last progress',
    file: 'cart-life.ts',
    find: "if (isAdd(event)) reason = 'none';",
    replace: '',
  },
  {
    rule: 'recovered_late: the recovery window or more after the latest abandonment',
    file: 'cart-row.ts',
    find: '>= recovery_ms',
    replace: '> recovery_ms',
  },
  {
    rule: 'tax added is 0 when that leaves the same |unexplained|',
    file: 'orders.ts',
    find: 'abs(withTax) < abs(withoutTax)',
    replace: 'abs(withTax) <= abs(withoutTax)',
  },
  {
    rule: 'an order is a test when any of its deliveries says so',
    file: 'orders.ts',
    find: 'test: deliveries.some((entry) => entry.event.test === true)',
    replace: 'test: winner.event.test === true',
  },
  {
    rule: 'a browser’s refund is never summed',
    file: 'refunds.ts',
    find: "if (sourceOf(entry) === 'browser') continue;",
    replace: '',
  },
  {
    rule: 'a line that only the cart holds was dropped at checkout, a negative amount',
    file: 'bridge.ts',
    find: "'dropped_at_checkout', line.currency, -inCart",
    replace: "'dropped_at_checkout', line.currency, inCart",
  },
  {
    rule: 'ordered: a stage may come the tolerance before the one before it',
    file: 'chains.ts',
    find: 'firstFrom(steps, ofStage, reachedAt - tie_tolerance_ms)',
    replace: 'firstFrom(steps, ofStage, reachedAt)',
  },
  {
    rule: 'ordered: the window is counted from the start, inclusive',
    file: 'chains.ts',
    find: 'if (place === undefined || timeOf(steps, place) > startedAt + window_ms) break;',
    replace: 'if (place === undefined || timeOf(steps, place) >= startedAt + window_ms) break;',
  },
  {
    rule: 'strict: the window applies, inclusive',
    file: 'chains.ts',
    find: '|| step.time > startedAt + window_ms) break;',
    replace: '|| step.time >= startedAt + window_ms) break;',
  },
  {
    rule: 'strict: a repeat breaks the chain',
    file: 'chains.ts',
    find: 'if (!step || !(step.mask & (1 << k)) ||',
    replace: 'if (!step ||',
  },
  {
    rule: 'one event fills one stage',
    file: 'chains.ts',
    find: 'while (used.includes(ofStage[i] ?? -1)) i++;',
    replace: '',
  },
  {
    rule: 'a period counts a unit at its furthest row, ties to the earliest day',
    file: 'counted-rows.ts',
    find: 'top && top.reached < reached;',
    replace: 'top && top.reached <= reached;',
  },
  {
    rule: 'of one day the chain that reaches furthest counts, then the one that starts earliest',
    file: 'journeys.ts',
    find: 'if (day.best && chain.hit <= day.best.hit) return;',
    replace: 'if (day.best && chain.hit < day.best.hit) return;',
  },
  {
    rule: 'an event joins the session of one at most 30 minutes before, inclusive',
    file: 'history.ts',
    find: 'event.event_time - last.time <= SESSION_GAP_MS',
    replace: 'event.event_time - last.time < SESSION_GAP_MS',
  },
  {
    rule: 'at one instant a friction stands before a purchase',
    file: 'order-of-events.ts',
    find: 'friction: 9,',
    replace: 'friction: 11,',
  },
  {
    rule: 'a bot opens more carts a day than allowed, not as many',
    file: 'bots.ts',
    find: 'Math.max(...byDay.values()) > max',
    replace: 'Math.max(...byDay.values()) >= max',
  },
  {
    rule: 'a visitor who ever ordered is no bot',
    file: 'bots.ts',
    find: 'if (!buyers.has(visitor_id) && !bots.has(visitor_id))',
    replace: 'if (!bots.has(visitor_id))',
  },
];
