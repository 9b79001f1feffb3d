import type { Definition } from '../definition.ts';
import type { Cart, Order } from './cart-and-order.ts';
import { liveCart } from './cart-life.ts';
import { firstOf, outcomeOf } from './cart-row.ts';
import { type Contents, sumLines } from './contents.ts';
import type { Entry } from './history.ts';
import type { TimelineRule, TimelineState } from './timeline-rules.ts';
import { atText, durationText, moneyText } from './timeline-words.ts';
import type { LifeTracer } from './tracer.ts';

/** A state of a cart that began: at an event, at its order, or (by: null) because time passed. */
export type StateStep = { at: number; what: TimelineState; rule: TimelineRule; by: Entry | Order | null; note: string };

type Rules = {
  /** The version in force on the day on which the cart opened. */
  thresholds: Pick<Definition, 'idle_ms' | 'abandon_ms' | 'recovery_ms'>;
  tie_tolerance_ms: number;
  /** T: what only time brings is told up to here. */
  asOf: number;
  ignored?: LifeTracer['ignored'];
};

const worth = (contents: Contents): string => moneyText(sumLines(contents.countedLines()));

/** Every state of a cart in the order of its life; the last but `revived` is the one it is in at T. */
export const cartStates = (cart: Cart, { thresholds, tie_tolerance_ms, asOf, ignored }: Rules): StateStep[] => {
  const { idle_ms, abandon_ms, recovery_ms } = thresholds;
  const { order } = cart;
  const first = firstOf(cart);
  const steps: StateStep[] = [{ at: first.time, what: 'opened', rule: 'cart_opened', by: first, note: '' }];
  let state: TimelineState = 'opened';
  let holds = false;
  let lastActivityAt = first.time;

  const begin = (what: TimelineState, rule: TimelineRule, at: number, by: Entry | Order | null, note: string): void => {
    state = what;
    steps.push({ at, what, rule, by, note });
  };

  const note = (at: number, contents: Contents): string =>
    `${durationText(at - lastActivityAt)} since its last activity at ${atText(lastActivityAt)}; it holds ${worth(contents)}.`;

  /**
   * What time alone brings before the instant, or also at it: an abandonment comes before any event of its very
   * instant, and no state begins after the order.
   */
  const bringTo = (until: number, through: boolean, contents: Contents): void => {
    const end = Math.min(until, order?.ordered_at ?? until);
    const inclusive = through && end === until;
    const due = (at: number, mayEqual: boolean): boolean => at < end || (at === end && mayEqual);
    const idleAt = lastActivityAt + idle_ms;
    const abandonedAt = lastActivityAt + abandon_ms;
    const lostAt = abandonedAt + recovery_ms;
    if (!holds) return;
    if (state === 'active' && idle_ms < abandon_ms && due(idleAt, inclusive))
      begin('idle', 'cart_idle', idleAt, null, note(idleAt, contents));
    if ((state === 'active' || state === 'idle') && due(abandonedAt, true))
      begin('abandoned', 'cart_abandoned', abandonedAt, null, note(abandonedAt, contents));
    if (state === 'abandoned' && due(lostAt, inclusive))
      begin('lost', 'cart_lost', lostAt, null, note(lostAt, contents));
  };

  const trace: LifeTracer = {
    ignored: (entry, why) => ignored?.(entry, why),
    reached: (entry, before) => bringTo(entry.time, false, before),
    lived: (entry, { revived, abandoned, lastActivityAt: at, contents }) => {
      const { time } = entry;
      if (revived)
        steps.push({ at: time, what: 'revived', rule: 'cart_revived', by: entry, note: `It was ${state} until then.` });
      lastActivityAt = at;
      holds = contents.holdsItems();
      if (!holds) {
        // What an emptied cart counts with is what it held just before.
        if (state !== 'emptied') begin('emptied', 'cart_emptied', time, entry, `It held ${worth(contents)} before.`);
      } else if (abandoned) bringTo(time, true, contents);
      else if (state !== 'active') begin('active', 'cart_active', time, entry, `It holds ${worth(contents)}.`);
    },
  };
  const life = liveCart(cart, { abandon_ms, tie_tolerance_ms }, trace);
  bringTo(order ? order.ordered_at : asOf, !order, life.contents);

  if (order) {
    const outcome = outcomeOf(cart, life, recovery_ms);
    const value = `It was worth ${worth(life.contents)}.`;
    if (outcome === 'purchased') begin('purchased', 'cart_purchased', order.ordered_at, order, value);
    else if (outcome !== '') {
      const waited = durationText(order.ordered_at - life.lastAbandonedAt);
      begin(outcome, `cart_${outcome}`, order.ordered_at, order, `${waited} after it was last abandoned. ${value}`);
    }
  }
  return steps;
};
