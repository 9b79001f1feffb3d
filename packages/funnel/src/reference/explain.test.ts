import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_DEFINITION,
  type Definition,
  FUNNEL_MODES,
  FUNNEL_UNITS,
  HOUR_MS,
  REFUNDS_ON,
  type RefundsOn,
} from '../definition.ts';
import type { MoneyByCurrency } from '../reports/index.ts';
import { rate } from './arithmetic.ts';
import { createExplainer, explainReference } from './explain.ts';
import { history } from './histories.ts';
import type { ReferenceInput } from './look.ts';
import { reference } from './reports.ts';
import { deliveriesOf, line, START, type Told } from './scenario.ts';

const inEuro = (value: MoneyByCurrency): bigint => new Map(Object.entries(value)).get('EUR') ?? 0n;

const FUNNELS = FUNNEL_UNITS.flatMap((unit) => FUNNEL_MODES.map((mode) => ({ unit, mode, window_ms: 2 * HOUR_MS })));
const DEFINITION: Definition = { ...DEFAULT_DEFINITION, funnels: FUNNELS };

const story: Told[] = [
  { type: 'visit', at: 0 },
  { type: 'add_to_cart', at: 1, items: [line('A,1', 100)] },
  { type: 'purchase', at: 2, order_id: 'o1', items: [line('A,1', 100)], amounts: { total: 90, discount: 10 } },
  { type: 'refund', at: 3, order_id: 'o1', refund_id: 'r1', source: 'webhook', amounts: { total: 30 } },
  { type: 'visit', at: 0, visitor_id: 'w' },
  { type: 'add_to_cart', at: 1, visitor_id: 'w', cart_id: 'c', items: [line('B', 7)], customer_id: 'k' },
];
const input: ReferenceInput = {
  deliveries: deliveriesOf(story),
  definition: DEFAULT_DEFINITION,
  asOf: START + 3 * HOUR_MS,
  from: '2026-01-05',
  to: '2026-01-05',
};
const explained = (figure: string) => {
  const { unit, amount, rows } = explainReference(input, figure);
  return [unit, amount, ...rows.map((row) => (row.amount === null ? row.id : `${row.id}: ${row.amount}`))];
};

describe('what is behind a figure', () => {
  it('are the units of a funnel', () => {
    expect(explained('funnel stage=visit')).toEqual(['visitor', null, 'v', 'w']);
    expect(explained('funnel stage=purchase,figure=units_any')).toEqual(['visitor', null, 'v']);
    expect(explained('funnel stage=visit,figure=dropped')).toEqual(['visitor', null, 'v', 'w']);
    const session = { ...input, funnel: { unit: 'session', mode: 'ordered', window_ms: 7 * 24 * HOUR_MS } as const };
    expect(explainReference(session, 'funnel stage=visit').rows.map((row) => row.id)).toEqual([
      `["v","e1",${START}]`,
      `["w","e5",${START}]`,
    ]);
  });

  it('are the carts of the abandonment report, or their values', () => {
    expect(explained('abandonment figure=created')).toEqual(['cart', null, 'c', '~v:e2']);
    expect(explained('abandonment figure=contactable')).toEqual(['cart', null, 'c']);
    expect(explained('abandonment figure=contactable,currency=EUR')).toEqual(['cart', 7n, 'c: 7']);
    expect(explained('abandonment figure=created,checkout=true')).toEqual(['cart', null]);
    expect(explained('abandonment figure=peak_value,currency=EUR')).toEqual(['cart', 107n, 'c: 7', '~v:e2: 100']);
    expect(explained('abandonment last_product=B')).toEqual(['cart', null, 'c']);
    expect(explained('abandonment product=A,1,figure=bought')).toEqual(['cart', null, '~v:e2']);
  });

  it('are the shares of an amount, those of 0 left out', () => {
    expect(explained('revenue currency=EUR,carts=value')).toEqual(['cart', 107n, 'c: 7', '~v:e2: 100']);
    expect(explained('revenue currency=EUR,orders=net')).toEqual(['order', 60n, 'o1: 90', 'o1 r1: -30']);
    expect(explained('revenue currency=EUR,line=refunds')).toEqual(['refund', -30n, 'o1 r1: -30']);
    expect(explained('revenue currency=EUR,line=tax')).toEqual(['order', 0n]);
    expect(explained('revenue currency=EUR,stage=purchase,figure=carts')).toEqual(['cart', null, '~v:e2']);
    expect(explained('revenue currency=EUR,figure=timing')).toEqual(['cart', 0n]);
  });

  it('of timing are the carts bought in another period than they were opened in', () => {
    const late: ReferenceInput = {
      ...input,
      deliveries: deliveriesOf([
        { type: 'add_to_cart', at: 0, items: [line('A', 100)] },
        { type: 'purchase', at: 24 * 60, order_id: 'o1', items: [line('A', 100)], amounts: { total: 100 } },
      ]),
    };
    const timing = (day: string) =>
      explainReference({ ...late, from: day, to: day }, 'revenue currency=EUR,figure=timing').rows;
    expect(timing('2026-01-05')).toEqual([{ id: '~v:e1', amount: -100n }]);
    expect(timing('2026-01-06')).toEqual([{ id: '~v:e1', amount: 100n }]);
  });

  it('of refunds are those of the day they count on', () => {
    const late: ReferenceInput = {
      ...input,
      deliveries: deliveriesOf(story.map((e) => (e.at === 3 ? { ...e, at: 24 * 60 } : e))),
    };
    const rows = (day: string, refundsOn: RefundsOn) =>
      explainReference({ ...late, from: day, to: day, refundsOn }, 'revenue currency=EUR,orders=refunds').rows;
    const behind = [{ id: 'o1 r1', amount: 30n }];
    expect([rows('2026-01-05', 'refund'), rows('2026-01-06', 'refund')]).toEqual([[], behind]);
    expect([rows('2026-01-05', 'order'), rows('2026-01-06', 'order')]).toEqual([behind, []]);
  });

  it('no figure that does not exist', () => {
    expect(() => explained('revenue currency=EUR,orders=profit')).toThrow('is no figure');
    expect(() => explained('weather day=monday')).toThrow('is no figure');
    for (const figure of [
      'figure=sunny',
      'figure=removed',
      'reason=none,checkout=true',
      'figure=created,checkout=false',
      'product=A,figure=carts,currency=EUR',
      'product=A,figure=value_left,currency=EUR,reason=none',
      'figure=created,currency=EUR',
      'figure=created,stage=cart',
      'figure=contactable,checkout=true',
      'point=moon',
      'point=cart,figure=created',
      'point=cart,reason=none',
    ])
      expect(() => explained(`abandonment ${figure}`)).toThrow('is no figure');
    for (const figure of [
      'stage=moon,figure=carts',
      'stage=cart,figure=carts,carts=value',
      'carts=value,figure=timing',
      'line=moon',
      'line=tax,orders=tax',
      'figure=timing,checkout=true',
    ])
      expect(() => explained(`revenue currency=EUR,${figure}`)).toThrow('is no figure');
    for (const figure of ['stage=moon', 'stage=visit,figure=carts', 'stage=visit,currency=EUR'])
      expect(() => explained(`funnel ${figure}`)).toThrow('is no figure');
  });
});

describe('in any history the explanation of a figure adds up to it', { timeout: 180_000 }, () => {
  const RUNS = { numRuns: 1_000, seed: 20260107 };
  const of = (deliveries: ReferenceInput['deliveries']): ReferenceInput => ({
    deliveries,
    definition: DEFINITION,
    asOf: Date.UTC(2026, 0, 17),
    from: '2026-01-05',
    to: '2026-01-09',
  });

  it('in funnels, value by value of a breakdown', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...FUNNELS.keys()), (deliveries, f) => {
        const funnel = FUNNELS[f] ?? FUNNELS[0];
        const broken: ReferenceInput = { ...of(deliveries), breakdown: 'product', breakdownValues: 1 };
        const reports = reference(broken);
        const explain = createExplainer({ ...broken, ...(funnel && { funnel }) });
        const check = (stages: (typeof reports.funnels)[number], value: string): void => {
          for (const stage of stages) {
            for (const figure of ['units', 'units_any', 'dropped'] as const) {
              const { count } = explain(`funnel stage=${stage.stage},figure=${figure}${value}`);
              expect([stage.stage, figure, value, count]).toEqual([stage.stage, figure, value, stage[figure]]);
            }
          }
        };
        check(reports.funnels[f] ?? [], '');
        for (const { value, stages } of reports.breakdown?.[f]?.values ?? []) check(stages, `,value=${value}`);
      }),
      RUNS,
    );
  });

  it('in the abandonment report', () => {
    fc.assert(
      fc.property(history, (deliveries) => {
        const reports = reference(of(deliveries));
        const { abandonment, details } = reports;
        const explain = createExplainer(of(deliveries));
        const count = (figure: string) => explain(`abandonment ${figure}`).count;
        const worth = (figure: string) => explain(`abandonment ${figure},currency=EUR`).amount ?? 'no amount';
        for (const [state, carts] of Object.entries(abandonment.carts)) expect(count(`figure=${state}`)).toBe(carts);
        for (const { stage, carts, value } of abandonment.points)
          expect([count(`point=${stage}`), worth(`point=${stage}`)]).toEqual([carts, inEuro(value)]);
        for (const { code, carts, value } of abandonment.reasons)
          expect([count(`reason=${code}`), worth(`reason=${code}`)]).toEqual([carts, inEuro(value)]);
        for (const { product_id: id, carts, left, bought, value_left } of abandonment.products) {
          const counts = ['carts', 'left', 'bought'].map((figure) => count(`product=${id},figure=${figure}`));
          expect(counts).toEqual([carts, left, bought]);
          expect(worth(`product=${id},figure=value_left`)).toEqual(inEuro(value_left));
        }
        expect(count('figure=contactable')).toBe(details.contactable.carts);
        expect(worth('figure=contactable')).toBe(inEuro(details.contactable.value));
        for (const name of ['peak_value', 'removed'] as const)
          expect(worth(`figure=${name}`)).toBe(inEuro(details[name]));
        for (const { page, carts, value } of details.last_pages)
          expect([count(`last_page=${page}`), worth(`last_page=${page}`)]).toEqual([carts, inEuro(value)]);
        for (const { product_id: id, carts, value } of details.last_products)
          expect([count(`last_product=${id}`), worth(`last_product=${id}`)]).toEqual([carts, inEuro(value)]);
        const withCheckout = (name: string) => count(`figure=${name},checkout=true`);
        const bought = withCheckout('purchased') + withCheckout('recovered');
        const notBought = rate(withCheckout('created') - bought, withCheckout('created'));
        expect(notBought).toBe(abandonment.checkout.not_bought_rate);
      }),
      RUNS,
    );
  });

  it('in revenue by stage', () => {
    fc.assert(
      fc.property(history, fc.constantFrom(...REFUNDS_ON), (deliveries, refundsOn) => {
        const explain = createExplainer({ ...of(deliveries), refundsOn });
        const reports = reference(of(deliveries));
        const { revenue: currencies } = refundsOn === 'order' ? reports.byOrderDay : reports;
        for (const [currency, revenue] of Object.entries(currencies)) {
          const behind = (figure: string) => {
            const { count, amount } = explain(`revenue currency=${currency},${figure}`);
            return amount ?? count;
          };
          const { average_order_value: _, ...orders } = revenue.orders;
          for (const { stage, ...figures } of revenue.stages)
            for (const [name, value] of Object.entries(figures))
              expect([stage, name, behind(`stage=${stage},figure=${name}`)]).toEqual([stage, name, value]);
          for (const [name, value] of Object.entries(revenue.carts)) expect(behind(`carts=${name}`)).toBe(value);
          for (const [name, value] of Object.entries(orders))
            expect([name, behind(`orders=${name}`)]).toEqual([name, value]);
          for (const { line: name, amount } of revenue.bridge)
            expect([name, behind(`line=${name}`)]).toEqual([name, amount]);
          expect([behind('figure=timing'), behind('figure=difference')]).toEqual([revenue.timing, 0n]);
          expect(explain(`revenue currency=${currency},figure=difference`).rows).toEqual([]);
        }
      }),
      RUNS,
    );
  });
});
