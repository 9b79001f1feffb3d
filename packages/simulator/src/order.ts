/** Orders and refunds: how a shop tells of them, and what they come to. */
import type { RefundKind, Source, StoreEvent } from '@cartledger/events';
import type { WithoutCartReason } from '@cartledger/funnel';
import { type Bill, billOf, changeOf, createTerms, type Terms } from './amounts.ts';
import type { CartLine, OrderFact } from './facts.ts';
import { itemOf, type Visitor } from './visitor.ts';
import { SERVER_CLOCK } from './wire.ts';
import type { World } from './world.ts';

/** Who tells of an order: the thank-you page, the shop's own server for the visitor, or its webhook. */
export type Telling = 'browser' | 'browser_and_webhook' | 'server' | 'webhook';

export type OrderPlan = {
  lines: readonly CartLine[];
  telling: Telling;
  /** Why it joins no cart; null when it joins the visitor's. */
  withoutCart: WithoutCartReason | null;
  terms?: Partial<Terms>;
  test?: boolean;
  channel?: string;
};

export type PlacedOrder = {
  order_id: string;
  fact: OrderFact;
  /** The thank-you page is loaded again; only where there was one. */
  reload(): void;
  /** The shop changes the order: the last word on what it comes to, not on when it was placed. */
  edit(lines: readonly CartLine[]): void;
  refund(kind: RefundKind, part: number): void;
  /** A page claims a refund: kept, but no money moves by a browser's word. */
  claimRefund(): void;
};

/** Places an order now. Tests leave no fact but their cart's. */
export const placeOrder = (world: World, visitor: Visitor, plan: OrderPlan): PlacedOrder => {
  const { random, store, facts } = world;
  const order_id = world.newId('o');
  const cart = plan.withoutCart === null ? visitor.cart : null;
  const terms = { ...createTerms(random, plan.lines), ...plan.terms };
  const { currency } = visitor.habits;
  const cart_id = cart?.cart_id;

  const tell = (source: Source, at: number, fields: Partial<StoreEvent>): void => {
    const isOfVisitor = source === 'browser' || source === 'server';
    world.send(
      {
        type: 'purchase',
        visitor_id: visitor.visitor_id,
        ...(isOfVisitor && visitor.session_id !== undefined ? { session_id: visitor.session_id } : {}),
        ...(cart_id === undefined ? {} : { cart_id }),
        order_id,
        source,
        currency,
        // The page does not know of tests where the shop's server tells too.
        ...(plan.test === true && !(source === 'browser' && plan.telling === 'browser_and_webhook')
          ? { test: true }
          : {}),
        ...(plan.channel === undefined ? {} : { channel: plan.channel }),
        ...fields,
      },
      at,
      source === 'browser' ? visitor.habits.clock : SERVER_CLOCK,
    );
  };
  const tellBill = (source: Source, at: number, bill: Bill, lines: readonly CartLine[], revision = 0): void =>
    tell(source, at, {
      amounts: bill.stated,
      ...(terms.told === 'lines' ? { items: lines.map(itemOf) } : {}),
      ...(revision === 0 ? {} : { revision }),
    });

  const bill = billOf(plan.lines, terms, store);
  const account = (lines: readonly CartLine[], { stated: _, ...amounts }: Bill) => ({
    ...amounts,
    products: terms.told === 'lines' ? new Set(lines.map((line) => line.product_id)) : null,
    change: changeOf(cart, lines, terms, amounts.items),
  });
  const fact: OrderFact = {
    orderedAt: world.at,
    day: store.calendar.dayOf(world.at),
    currency,
    cart: cart?.fact ?? null,
    withoutCart: plan.withoutCart,
    ...account(plan.lines, bill),
  };

  // Where the webhook tells what was paid for, the page knows only how much.
  const tellPage = (at: number): void =>
    plan.telling === 'browser_and_webhook'
      ? tell('browser', at, { items: plan.lines.map(itemOf), amounts: { total: bill.total } })
      : tellBill('browser', at, bill, plan.lines);
  if (plan.telling === 'browser_and_webhook') {
    tellPage(world.at);
    tellBill('webhook', Math.min(world.at + random.int(-1_500, 30_000), world.limit), bill, plan.lines);
  } else {
    tellBill(plan.telling, world.at, bill, plan.lines);
  }
  if (plan.test === true) {
    if (cart !== null) facts.testCarts.add(cart.fact);
  } else {
    facts.orders.push(fact);
    visitor.reachPurchase();
  }
  if (cart !== null) {
    cart.close(fact);
    visitor.leaveCart();
  }

  const tellRefund = (refund_id: string, kind: RefundKind, fields: Partial<StoreEvent>): void =>
    world.send(
      {
        type: 'refund',
        visitor_id: visitor.visitor_id,
        order_id,
        refund_id,
        kind,
        currency,
        source: 'webhook',
        ...fields,
      },
      world.at,
      SERVER_CLOCK,
    );

  return {
    order_id,
    fact,
    reload: () => tellPage(world.at),
    edit(lines) {
      const edited = billOf(lines, terms, store);
      Object.assign(fact, account(lines, edited));
      tellBill('webhook', world.at, edited, lines, 1);
    },
    claimRefund: () =>
      world.send(
        {
          type: 'refund',
          visitor_id: visitor.visitor_id,
          ...(visitor.session_id === undefined ? {} : { session_id: visitor.session_id }),
          order_id,
          currency,
          amounts: { total: Math.max(1, fact.total) },
          source: 'browser',
        },
        world.at,
        visitor.habits.clock,
      ),
    refund(kind, part) {
      const refund_id = world.newId('r');
      const total = Math.max(1, Math.floor(fact.total * part));
      const items = Math.floor(fact.items * part);
      const saysItems = random.chance(0.6);
      tellRefund(refund_id, kind, { amounts: { total, ...(saysItems ? { items } : {}) } });
      facts.refunds.push({
        day: store.calendar.dayOf(world.at),
        currency,
        total,
        items: saysItems ? items : total,
      });
      // Some shops tell of one refund twice, as made and as settled.
      if (random.chance(0.1)) tellRefund(refund_id, kind, { amounts: { total, ...(saysItems ? { items } : {}) } });
    },
  };
};
