/** definitions.md 4: what stands beside the abandonment report. */
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../definition.ts';
import { tell } from '../testing/both-engines.ts';
import { add, buy, line, START, type Told } from './scenario.ts';

const DAY = 24 * 60;
const details = (story: Told[], minute = 90 * DAY) => tell(story, { asOf: START + minute * MINUTE_MS }).details;
const remove = (at: number, more: Partial<Told> = {}): Told => ({ ...add(at, more), type: 'remove_from_cart' });

describe('the times of carts', () => {
  it('run from the opening to the first abandonment, of carts ever abandoned', () => {
    // Left alone from minute 10 on, abandoned at 70, looked at again at 100 and lost. Another was bought at once.
    const story = [add(0), add(10), add(100), add(0, { visitor_id: 'w' }), buy(5, 'o1', { visitor_id: 'w' })];
    expect(details(story).times).toMatchObject({
      median_ms_to_abandonment: 70 * MINUTE_MS,
      p90_ms_to_abandonment: 70 * MINUTE_MS,
      median_ms_to_recovery: null,
    });
  });

  it('leave out a cart that was abandoned once and stands again', () => {
    expect(details([add(0), add(100)], 101).times.median_ms_to_abandonment).toBeNull();
  });

  it('run from the last abandonment to the order, of recovered carts', () => {
    // Abandoned at 60 and, after the look at 100, at 160; bought at 200.
    expect(details([add(0), add(100), buy(200, 'o1')]).times).toMatchObject({
      median_ms_to_abandonment: HOUR_MS,
      median_ms_to_recovery: 40 * MINUTE_MS,
      p90_ms_to_recovery: 40 * MINUTE_MS,
    });
  });
});

describe('the value left', () => {
  it('is contactable where any of the cart’s own events has a customer_id', () => {
    const story = [
      add(0),
      { type: 'visit', at: 90, customer_id: 'k' } as const,
      add(0, { visitor_id: 'w', items: [line('A', 7)] }),
      // Known too, but not from an event of the cart.
      { type: 'custom:x', at: 1, visitor_id: 'w', customer_id: 'k2' } as const,
    ];
    expect(details(story).contactable).toEqual({ carts: 1, value: { EUR: 100n } });
  });

  it('is listed by the last page, its path or else its address', () => {
    const story = [
      add(0, { page: { path: '/a' } }),
      { type: 'visit', at: 1, page: { path: '', url: 'https://shop/b' } } as const,
      { type: 'visit', at: 2 } as const,
      add(0, { visitor_id: 'w', items: [line('A', 300)] }),
      add(0, { visitor_id: 'x', page: { path: '/c' } }),
      buy(1, 'o1', { visitor_id: 'x' }),
    ];
    expect(details(story).last_pages).toEqual([
      { page: '', carts: 1, value: { EUR: 300n } },
      { page: 'https://shop/b', carts: 1, value: { EUR: 100n } },
    ]);
  });

  it('is listed by the last product: the last item of the cart’s last event with items', () => {
    const seen: Told = { type: 'product_view', at: 1, items: [line('P', 1), line('Q', 1)] };
    expect(details([add(0), seen, { type: 'visit', at: 2 }]).last_products).toEqual([
      { product_id: 'Q', carts: 1, value: { EUR: 100n } },
    ]);
    expect(details([add(0), seen, remove(3, { items: [line('R', 1)] })]).last_products).toMatchObject([
      { product_id: 'R' },
    ]);
  });
});

describe('the peak value', () => {
  it('is the largest of each currency at any moment, at the last stated prices, and `removed` what is less now', () => {
    const story = [
      add(0, { items: [line('A', 100, 3)] }),
      remove(1, { items: [line('A', 80)] }),
      add(2, { items: [line('U', 5)], currency: 'USD' }),
      remove(3, { items: [line('U', 5)], currency: 'USD' }),
    ];
    // Three at 80 at the peak, two of them now; one U for a minute.
    expect(details(story)).toMatchObject({ peak_value: { EUR: 240n, USD: 5n }, removed: { EUR: 80n, USD: 5n } });
  });

  it('of an emptied cart is no less than the value it lost', () => {
    expect(details([add(0), remove(1)])).toMatchObject({ peak_value: { EUR: 100n }, removed: { EUR: 0n } });
  });
});
