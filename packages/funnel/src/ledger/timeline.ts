import type { Timeline, TimelineEntry } from '../reports/index.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { firstOf, printedCartKey } from './cart-row.ts';
import type { IgnoredChange } from './contents.ts';
import type { Entry } from './history.ts';
import { compareUtf8 } from './order-of-events.ts';
import { type LedgerInput, type PassedHistory, passHistory } from './pass.ts';
import { choose } from './timeline-choice.ts';
import { explainEvent } from './timeline-event.ts';
import { explainOrder, explainRefund, refundsOf } from './timeline-order.ts';
import { TIMELINE_RULES, type TimelineRule } from './timeline-rules.ts';
import { cartStates } from './timeline-states.ts';
import { recordDecisions } from './timeline-trace.ts';
import { atText } from './timeline-words.ts';
import type { StretchEnd } from './tracer.ts';

export type TimelineInput = LedgerInput & {
  /** T, ms UTC: what time alone brings is told up to here, or up to the last event when that is later. */
  asOf: number;
};

/** Time brings states before the events of its instant; orders stand behind these, refunds last. */
const PHASE = { time: 0, event: 1, order: 2, refund: 3 } as const;

type Place = { time: number; phase: number; position: number; within: number };

type Told = {
  place: Place;
  at: number;
  kind: TimelineEntry['kind'];
  what: string;
  id: string;
  visitor_id: string;
  cart_key: string | null;
  rule: TimelineRule;
  /** Sentences beside the rule's own. */
  notes: readonly string[];
};

const comparePlaces = ({ place: a, cart_key: inA }: Told, { place: b, cart_key: inB }: Told): number =>
  a.time - b.time ||
  a.phase - b.phase ||
  a.position - b.position ||
  a.within - b.within ||
  compareUtf8(inA ?? '', inB ?? '');

const isOrder = (by: Entry | Order): by is Order => 'order_id' in by;

/** Where events and orders stand in the pass, and what belongs right before (negative) or behind them. */
const createPlaces = ({ orders }: PassedHistory, tie_tolerance_ms: number) => {
  const positions = new Map(orders.map((order, i) => [order, i]));
  return (by: Entry | Order, within = 0): Place =>
    isOrder(by)
      ? { time: by.ordered_at + tie_tolerance_ms, phase: PHASE.order, position: positions.get(by) ?? 0, within }
      : { time: by.time, phase: PHASE.event, position: by.position, within };
};

const printEntry = ({ at, kind, what, id, visitor_id, cart_key, rule, notes }: Told): TimelineEntry => ({
  at: atText(at),
  kind,
  what,
  id,
  visitor_id,
  cart_key,
  rule,
  explanation: [TIMELINE_RULES[rule], ...notes.filter((note) => note !== '')].join(' '),
});

/**
 * The life of one visitor or cart: every event, order and refund and every state that began, in the order of the
 * pass, each with the rule that decided it. It is told by the same pass that makes the ledger, so the two cannot
 * disagree. An order stands tie_tolerance_ms after it was placed: entries before it may bear a later time. There are
 * no entries when the events have nothing of whom is asked about.
 */
export const buildTimeline = (input: TimelineInput, of: Timeline['of']): Timeline => {
  const { definition, days, events } = input;
  const { tie_tolerance_ms } = definition;
  const { trace, decisions } = recordDecisions();
  const passed = passHistory(input, trace);
  const { history, bots, excluded, versionOf } = passed;
  const asOf = Math.max(input.asOf, history.entries.at(-1)?.time ?? input.asOf);
  const chosen = choose(of, passed, decisions);
  const placeOf = createPlaces(passed, tie_tolerance_ms);
  const ignored = new Map<Entry, IgnoredChange>();

  const tellStates = (cart: Cart): Told[] => {
    const { definition: thresholds } = versionOf(cart);
    const note = (entry: Entry, why: IgnoredChange) => ignored.set(entry, why);
    const cart_key = printedCartKey(cart);
    const opener = firstOf(cart).event.visitor_id;
    return cartStates(cart, { thresholds, tie_tolerance_ms, asOf, ignored: note }).map((step, i) => {
      const { at, what, rule, by } = step;
      const visitor_id = by ? (isOrder(by) ? by.visitor_id : by.event.visitor_id) : opener;
      const place = by ? placeOf(by, 2 + i) : { time: at, phase: PHASE.time, position: i, within: 0 };
      const inNoReport = what === 'opened' && excluded.has(cart) ? 'Bots alone made it: it is in no report.' : '';
      return { place, at, kind: 'state', what, id: '', visitor_id, cart_key, rule, notes: [step.note, inNoReport] };
    });
  };

  const tellEvent = (entry: Entry): Told => {
    const { type, event_id: id, visitor_id } = entry.event;
    const explained = explainEvent(entry, decisions, ignored.get(entry));
    return { place: placeOf(entry), at: entry.time, kind: 'event', what: type, id, visitor_id, ...explained };
  };

  const tellOrder = (order: Order): Told => {
    const { order_id: id, ordered_at: at, visitor_id } = order;
    const explained = explainOrder(order, decisions, passed.carts, tie_tolerance_ms);
    return { place: placeOf(order), at, kind: 'order', what: 'order', id, visitor_id, ...explained };
  };

  const tellStretch = ({ visitor_id, rule, by, carriedOn }: StretchEnd): Told => ({
    place: placeOf(by, rule === 'gap' ? -1 : 1),
    at: isOrder(by) ? by.ordered_at : by.time,
    kind: 'state',
    what: 'stretch',
    id: '',
    visitor_id,
    cart_key: null,
    rule: `stretch_${rule}`,
    notes: [carriedOn === null ? '' : `Cart id ${carriedOn} lives on.`],
  });

  const tellRefunds = (): Told[] =>
    refundsOf(passed, chosen.orderIds).map((refund, position) => ({
      place: { time: refund.refunded_at, phase: PHASE.refund, position, within: 0 },
      at: refund.refunded_at,
      kind: 'refund',
      what: 'refund',
      id: refund.refund_id,
      visitor_id: refund.visitor_id,
      cart_key: null,
      ...explainRefund(refund),
    }));

  const tellBot = (): Told[] => {
    const [first] = chosen.entries;
    const reason = 'visitor_id' in of ? bots.get(of.visitor_id) : undefined;
    if (!first || reason === undefined) return [];
    const { time: at, event } = first;
    const [id, cart_key, visitor_id] = ['', null, event.visitor_id];
    return [
      {
        place: placeOf(first, -2),
        at,
        kind: 'state',
        what: 'bot',
        id,
        visitor_id,
        cart_key,
        rule: `bot_${reason}`,
        notes: [],
      },
    ];
  };

  // States first: they find out which changes were ignored.
  const states = [...chosen.carts].flatMap(tellStates);
  const told = [
    ...tellBot(),
    ...states,
    ...[...chosen.entries].map(tellEvent),
    ...[...chosen.orders].map(tellOrder),
    ...chosen.stretches.map(tellStretch),
    ...tellRefunds(),
  ];
  return {
    store_id: events[0]?.store_id ?? '',
    of,
    timezone: days.timeZone,
    as_of: atText(asOf),
    entries: told.sort(comparePlaces).map(printEntry),
  };
};
