/** The reports of a history from those of its parts. */
import { POINTS } from '../definition.ts';
import type {
  AbandonmentBody,
  AbandonmentDetails,
  CartCounts,
  ConvertedTotals,
  CurrencyRevenue,
  MoneyByCurrency,
} from '../reports/index.ts';
import { byAmount, byValueThen, type CartsAndValue, type NameGiven, ratesOf, totalIn } from './abandonment.ts';
import { divideHalfEven } from './arithmetic.ts';
import { breakdownsOf, type Cell } from './breakdown.ts';
import { type Carried, PLACES, type Times } from './carried.ts';
import { mergeOpenFrom } from './closing.ts';
import { type ConvertedSums, convertedTotals } from './converted.ts';
import { timesOf } from './details.ts';
import { addFunnelCounts, type FunnelCounts, funnelStages } from './funnel-counts.ts';
import { compareText } from './ordering.ts';
import { type PipelineFacts, pipelineBody } from './pipeline.ts';
import { byCartKey, byOrderId, type ReferenceReports } from './reports.ts';

/**
 * Given the reports of disjoint sets of whole components of one store (all visitors, cart ids, order ids and customer
 * ids of purchases that hang together), each made with the same input but its deliveries and with one `asOf` no earlier
 * than any event: the reports of all of them together. Quantiles come from the parts' `times`; where those were
 * emptied they are null.
 */
export const mergeReference = (parts: readonly ReferenceReports[]): ReferenceReports => {
  const [first, ...others] = parts;
  if (first === undefined) throw new TypeError('there is nothing to merge: give at least one part');
  return others.reduce(mergeTwo, first);
};

const mergeTwo = (a: ReferenceReports, b: ReferenceReports): ReferenceReports => {
  const carried = mergeCarried(a.carried, b.carried);
  const times = mergeTimes(a.times, b.times);
  const timesAt = (place: string): readonly number[] => times.find((each) => each.place === place)?.values ?? [];
  const revenue = mergeRevenue(a.revenue, b.revenue);
  const cycleTimes = timesAt(PLACES.salesCycle);
  const { pipelineFunnel } = carried;
  return {
    funnels: carried.funnels.map(({ stages, counts }, i) => {
      const timed = { ...counts, times: stages.map((_, k) => timesAt(PLACES.toNext(i, k))) };
      return funnelStages(stages, timed);
    }),
    conflicts: a.conflicts,
    breakdown: carried.breakdown === null ? null : breakdownsOf(carried.breakdown, carried.funnels),
    abandonment: mergeAbandonment(a.abandonment, b.abandonment, carried),
    details: mergeDetails(a.details, b.details, timesAt),
    revenue,
    converted: printConverted(carried.converted),
    byOrderDay: {
      revenue: mergeRevenue(a.byOrderDay.revenue, b.byOrderDay.revenue),
      converted: printConverted(carried.convertedByOrderDay),
    },
    pipeline:
      pipelineFunnel.conflict === null
        ? pipelineBody(carried.pipeline, { ...pipelineFunnel, definition: carried.definition, cycleTimes, revenue })
        : null,
    openFrom: mergeOpenFrom(a.openFrom, b.openFrom),
    carts: [...a.carts, ...b.carts].sort(byCartKey),
    orders: [...a.orders, ...b.orders].sort(byOrderId),
    times,
    carried,
  };
};

const mergeTimes = (a: Times, b: Times): Times =>
  a.map(({ place, values }) => ({
    place,
    values: [...values, ...(b.find((each) => each.place === place)?.values ?? [])],
  }));

const addBoth = (a: FunnelCounts | null, b: FunnelCounts | null): FunnelCounts | null =>
  a === null || b === null ? null : addFunnelCounts(a, b);

const mergeCarried = (a: Carried, b: Carried): Carried => ({
  definition: a.definition,
  funnels: a.funnels.map((funnel, i) => {
    const other = b.funnels[i];
    if (other === undefined) throw new TypeError('the parts are of different funnels');
    return { ...funnel, counts: addFunnelCounts(funnel.counts, other.counts) };
  }),
  pipelineFunnel: {
    ...a.pipelineFunnel,
    counts: addFunnelCounts(a.pipelineFunnel.counts, b.pipelineFunnel.counts),
    countsClosed: addFunnelCounts(a.pipelineFunnel.countsClosed, b.pipelineFunnel.countsClosed),
    countsBefore: addBoth(a.pipelineFunnel.countsBefore, b.pipelineFunnel.countsBefore),
  },
  breakdown:
    a.breakdown === null
      ? null
      : {
          ...a.breakdown,
          cells: a.breakdown.cells.map((cells, i) => mergeCells([...cells, ...(b.breakdown?.cells[i] ?? [])])),
        },
  checkout: mergeCounts(a.checkout, b.checkout),
  names: mergeNames([...a.names, ...b.names]),
  converted: mergeConverted(a.converted, b.converted),
  convertedByOrderDay: mergeConverted(a.convertedByOrderDay, b.convertedByOrderDay),
  pipeline: mergePipeline(a.pipeline, b.pipeline),
});

const mergeCells = (cells: readonly Cell[]): Cell[] =>
  [...Map.groupBy(cells, (cell) => JSON.stringify(cell.values)).values()].map((same) =>
    same.reduce((sum, { values, counts }) => ({ values, counts: addFunnelCounts(sum.counts, counts) })),
  );

/** The cart opened last names a product, ties by key. */
const mergeNames = (names: readonly NameGiven[]): NameGiven[] => {
  const latestLast = names.toSorted((a, b) => a.openedAt - b.openedAt || compareText(a.cart_key, b.cart_key));
  return [...new Map(latestLast.map((name) => [name.product_id, name])).values()];
};

const mergeCounts = (a: CartCounts, b: CartCounts): CartCounts => ({
  created: a.created + b.created,
  active: a.active + b.active,
  idle: a.idle + b.idle,
  abandoned: a.abandoned + b.abandoned,
  lost: a.lost + b.lost,
  emptied: a.emptied + b.emptied,
  purchased: a.purchased + b.purchased,
  recovered: a.recovered + b.recovered,
  recovered_late: a.recovered_late + b.recovered_late,
  revived: a.revived + b.revived,
});

const addValues = (a: MoneyByCurrency, b: MoneyByCurrency): MoneyByCurrency => {
  const currencies = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort(compareText);
  return Object.fromEntries(currencies.map((currency) => [currency, (a[currency] ?? 0n) + (b[currency] ?? 0n)]));
};

const addCarts = (a: CartsAndValue, b: CartsAndValue): CartsAndValue => ({
  carts: a.carts + b.carts,
  value: addValues(a.value, b.value),
});

/** Rows of one id become one. */
const mergeRows = <T extends CartsAndValue>(rows: readonly T[], id: (row: T) => string): T[] =>
  [...Map.groupBy(rows, id).values()].flatMap((same) => {
    const sum = same.reduce<CartsAndValue>(addCarts, { carts: 0, value: {} });
    return same.slice(0, 1).map((row) => ({ ...row, ...sum }));
  });

const mergeAbandonment = (
  a: AbandonmentBody,
  b: AbandonmentBody,
  { checkout, names }: Pick<Carried, 'checkout' | 'names'>,
): AbandonmentBody => {
  const carts = mergeCounts(a.carts, b.carts);
  const nameOf = new Map(names.map(({ product_id, name }) => [product_id, name]));
  const products = Map.groupBy([...a.products, ...b.products], (product) => product.product_id).values();
  return {
    carts,
    ...ratesOf(carts),
    checkout: ratesOf(checkout),
    points: mergeRows([...a.points, ...b.points], (row) => row.stage).sort(
      (x, y) => POINTS.indexOf(x.stage) - POINTS.indexOf(y.stage),
    ),
    reasons: mergeRows([...a.reasons, ...b.reasons], (row) => row.code).sort(byValueThen((row) => row.code)),
    products: [...products]
      .map((same) =>
        same.reduce((x, y) => ({
          product_id: x.product_id,
          name: x.name,
          carts: x.carts + y.carts,
          left: x.left + y.left,
          bought: x.bought + y.bought,
          value_left: addValues(x.value_left, y.value_left),
        })),
      )
      .map((product) => ({ ...product, name: nameOf.get(product.product_id) ?? null }))
      .sort(
        (x, y) => byAmount(totalIn(x.value_left), totalIn(y.value_left)) || compareText(x.product_id, y.product_id),
      ),
  };
};

const mergeDetails = (
  a: AbandonmentDetails,
  b: AbandonmentDetails,
  timesAt: (place: string) => readonly number[],
): AbandonmentDetails => ({
  times: timesOf({ toAbandonment: timesAt(PLACES.toAbandonment), toRecovery: timesAt(PLACES.toRecovery) }),
  contactable: addCarts(a.contactable, b.contactable),
  peak_value: addValues(a.peak_value, b.peak_value),
  removed: addValues(a.removed, b.removed),
  last_pages: mergeRows([...a.last_pages, ...b.last_pages], (row) => row.page).sort(byValueThen((row) => row.page)),
  last_products: mergeRows([...a.last_products, ...b.last_products], (row) => row.product_id).sort(
    byValueThen((row) => row.product_id),
  ),
});

const mergeRevenue = (
  a: Readonly<Record<string, CurrencyRevenue>>,
  b: Readonly<Record<string, CurrencyRevenue>>,
): Record<string, CurrencyRevenue> =>
  Object.fromEntries(
    [...Map.groupBy([...Object.entries(a), ...Object.entries(b)], ([currency]) => currency)]
      .sort(([x], [y]) => compareText(x, y))
      .map(([currency, same]) => [currency, same.map(([, each]) => each).reduce(mergeCurrency)]),
  );

/** Adds up amounts, name by name. */
const addAmounts = <K extends string>(a: Record<K, bigint>, b: Record<K, bigint>): Record<K, bigint> => {
  const sum = { ...a };
  for (const name in a) sum[name] = a[name] + b[name];
  return sum;
};

const mergeCurrency = (a: CurrencyRevenue, b: CurrencyRevenue): CurrencyRevenue => {
  const { count: countA, without_cart: withoutA, average_order_value: _a, ...amountsA } = a.orders;
  const { count: countB, without_cart: withoutB, average_order_value: _b, ...amountsB } = b.orders;
  const amounts = addAmounts(amountsA, amountsB);
  const count = countA + countB;
  return {
    stages: a.stages.map(({ stage, carts, ...value }, k) => {
      const { stage: _, carts: others, ...more } = b.stages[k] ?? { stage, carts: 0, ...zeros(value) };
      return { stage, carts: carts + others, ...addAmounts(value, more) };
    }),
    carts: addAmounts(a.carts, b.carts),
    orders: {
      count,
      without_cart: withoutA + withoutB,
      ...amounts,
      average_order_value: count === 0 ? null : divideHalfEven(amounts.gross_sales - amounts.discounts, BigInt(count)),
    },
    bridge: a.bridge.map(({ line, amount }, k) => ({ line, amount: amount + (b.bridge[k]?.amount ?? 0n) })),
    timing: a.timing + b.timing,
    difference: a.difference + b.difference,
  };
};

const zeros = <K extends string>(amounts: Record<K, bigint>): Record<K, bigint> => {
  const none = { ...amounts };
  for (const name in none) none[name] = 0n as Record<K, bigint>[typeof name];
  return none;
};

const printConverted = (sums: ConvertedSums | null): ConvertedTotals | null =>
  sums === null ? null : convertedTotals(sums);

const mergeConverted = (a: ConvertedSums | null, b: ConvertedSums | null): ConvertedSums | null =>
  a === null || b === null
    ? null
    : {
        currency: a.currency,
        source: a.source,
        usedDays: [...new Set([...a.usedDays, ...b.usedDays])],
        missing: [...a.missing, ...b.missing],
        carts: addAmounts(a.carts, b.carts),
        cartsLack: a.cartsLack || b.cartsLack,
        orders: addAmounts(a.orders, b.orders),
        ordersLack: a.ordersLack || b.ordersLack,
      };

const mergePipeline = (a: PipelineFacts, b: PipelineFacts): PipelineFacts => ({
  leads: a.leads + b.leads,
  orders: a.orders + b.orders,
  cycles: a.cycles + b.cycles,
  newBuyers: a.newBuyers + b.newBuyers,
  standing: addCarts(a.standing, b.standing),
  won: addCarts(a.won, b.won),
  lost: addCarts(a.lost, b.lost),
  lostReasons: mergeRows([...a.lostReasons, ...b.lostReasons], (row) => row.code).sort(byValueThen((row) => row.code)),
  stale: addCarts(a.stale, b.stale),
});
