import { RESTATEMENT_CAUSES } from '@cartledger/funnel';
import { z } from '@hono/zod-openapi';
import { count, head, instant, list, localDay, minor, part, refundsOn, words } from './parts.ts';

export const explanation = z
  .object({
    report: z.literal('explanation').openapi({ description: 'Which report this is' }),
    ...head,
    of: words('The figure, normalised: `funnel stage=checkout,figure=units`'),
    refunds_on: refundsOn('Of revenue: the day its refunds count on').optional(),
    unit: z.enum(['visitor', 'session', 'cart', 'order', 'refund']).openapi({ description: 'What the rows are' }),
    count: count('Rows on all pages; equals the report’s figure where that is a count'),
    amount: part('Sum of the rows’ amounts; equals the report’s figure where that is an amount; null for counts', {
      currency: words('ISO 4217'),
      amount: minor('The sum'),
    }).nullable(),
    rows: list(
      'What is behind the figure, this page of it',
      part('One unit, cart, order or refund', {
        id: words('Visitor id, session, cart key, order id, or order id and refund id'),
        visitor_id: words('The visitor'),
        at: instant('Start of the chain, opening, order or refund'),
        day: localDay('The local day it counts on'),
        amount: minor('Its share of the figure; null for counts').nullable(),
        note: words('In words: `abandoned at checkout.payment (payment_declined)`'),
      }),
    ),
    next_cursor: words('Pass as `cursor` for the next page; null on the last').nullable(),
  })
  .openapi('Explanation', { description: 'The units, carts, orders or refunds behind one figure of a report' });

export const timeline = z
  .object({
    store_id: words('The store'),
    of: z
      .union([
        z.object({ visitor_id: words('The visitor') }),
        z.object({ cart_key: words('The cart, by its printed key') }),
      ])
      .openapi({ description: 'Whose life it is' }),
    timezone: words('IANA zone of the store’s days'),
    as_of: instant('The log has been taken in up to here'),
    entries: list(
      'In order',
      part('One event, order, refund or change of state', {
        at: instant('When, with milliseconds'),
        kind: z.enum(['event', 'order', 'refund', 'state']).openapi({ description: 'What sort of entry' }),
        what: words('The event’s type, `order`, `refund`, or the state that began'),
        id: words('Event id, order id or refund id; empty for a state'),
        visitor_id: words('The visitor'),
        cart_key: words('The cart it belongs to, opened, joined or changed; null for none').nullable(),
        rule: words('Code of the rule that decided it, from a closed list'),
        explanation: words('The same for people, with the amounts and times that mattered'),
      }),
    ),
  })
  .openapi('Timeline', { description: 'The life of one cart or visitor, each step with the rule that decided it' });

export const restatements = z
  .object({
    restatements: list(
      'By day, then time',
      part('What a day’s figure moved by after its day had closed', {
        day: localDay('Local day of the figure'),
        figure: words('Its path: `revenue EUR orders.gross_sales`'),
        from: words('What it was'),
        to: words('What it is'),
        cause: z.enum(RESTATEMENT_CAUSES).openapi({ description: 'Why' }),
        at: instant('When it was restated'),
      }),
    ),
  })
  .openapi('Restatements', { description: 'Figures that moved after their day had closed' });
