/** Examples of docs/definitions.md: what opens a cart, and what is residue beside one. */
import { add, buy, line, type Told } from '../scenario.ts';
import { cartsTable, say, story } from './tables.ts';

const DAY = 24 * 60;
const mug = [line('mug', 1000)];
const lamp = [line('lamp', 4000)];

const opening = (): string => {
  const own = { visitor_id: 'ada', cart_id: 'c' };
  const events: Told[] = [
    { type: 'visit', at: 0, visitor_id: 'ada' },
    { type: 'checkout', at: 1, checkout_step: 'start', ...own },
    { type: 'cart_view', at: 2, items: [], ...own },
    { type: 'cart_view', at: 3, items: mug, ...own },
    buy(5, 'A-1', { items: mug, amounts: { total: 1000 }, ...own }),
    { type: 'product_view', at: DAY, items: lamp, ...own },
    add(DAY + 1, { items: lamp, ...own }),
    add(DAY + 1, { visitor_id: 'ben', items: mug }),
  ];
  return say(story(events), cartsTable(events));
};

const besideACart = (): string => {
  const bought = (visitor_id: string, more: Partial<Told> = {}): Told[] => [
    add(0, { visitor_id, items: mug, ...more }),
    buy(5, `A-${visitor_id}`, { visitor_id, items: lamp, amounts: { total: 4000 } }),
    { type: 'cart_view', at: 6, visitor_id, items: [...mug, ...lamp], ...more },
  ];
  const events = [...bought('ada'), ...bought('ben', { cart_id: 'c' })];
  return say(story(events), cartsTable(events));
};

export const OPENINGS = { opening, 'beside-a-cart': besideACart };
