/** Rows as ingest writes them, with what a test has to say about them. */
import type { NOTHING } from '@cartledger/aggregator/testing';
import type { RowOf } from '@cartledger/clickhouse';
import { createHasher, type Delivery } from '@cartledger/events';
import { buildLedger, createCalendar, type LedgerRow } from '@cartledger/funnel';
import { createRandom, keptOf, randomDefinition, randomHistory, randomVersions } from '@cartledger/funnel/testing';
import type { EVENT_COLUMNS, TOUCH_COLUMNS } from '@cartledger/ingest/testing';

export type EventRow = RowOf<typeof EVENT_COLUMNS>;
export type TouchRow = RowOf<typeof TOUCH_COLUMNS>;

export const hasher = await createHasher();

export const NOON = Date.UTC(2026, 5, 15, 12);

/** An event without anything that need not be; its hashes are of its ids. */
export const eventRow = (
  fields: Partial<EventRow> & Pick<EventRow, 'store_id' | 'visitor_id' | 'event_id'>,
): EventRow => ({
  visitor_hash: hasher.visitorNode(fields.visitor_id),
  event_hash: hasher.xxh64(fields.event_id),
  version: 1n,
  type: 'visit',
  event_time: NOON,
  occurred_at: NOON,
  sent_at: null,
  received_at: NOON,
  payload_hash: 1n,
  session_id: '',
  customer_id: '',
  cart_id: '',
  order_id: '',
  refund_id: '',
  kind: '',
  revision: 0,
  test: false,
  channel: '',
  checkout_step: '',
  currency: '',
  has_items: false,
  cart_snapshot: false,
  'items.product_id': [],
  'items.variant_id': [],
  'items.name': [],
  'items.category': [],
  'items.quantity': [],
  'items.unit_price': [],
  amount_items: null,
  amount_discount: null,
  amount_tax: null,
  amount_shipping: null,
  amount_total: null,
  friction_code: '',
  friction_message: '',
  page: '',
  campaign: '',
  device: '',
  consent: '',
  source: 'browser',
  properties: '',
  log_epoch: 'epoch',
  log_partition: 0,
  log_offset: 0n,
  ...fields,
});

const LARGE = 2n ** 127n - 1n;

/** The contents of a row of each kind, from the smallest to the largest that columns hold. */
export const EXTREMES: readonly { kind: 'journey' | 'cart' | 'order' | 'refund'; content: Partial<typeof NOTHING> }[] =
  [
    ...(['journey', 'cart', 'order', 'refund'] as const).map((kind) => ({ kind, content: {} })),
    {
      kind: 'journey',
      content: {
        definition_version: 4_294_967_295,
        at: 1,
        visitor_id: 'tö "x" 😀',
        excluded: true,
        funnel: 'cart/open/1',
        unit_id: '["a","b"]',
        hit: 4_294_967_295,
        any: 5,
        ms_to_next: [0, 9_007_199_254_740_991],
        counted_after: '1900-01-01',
        counted_before: '2299-12-31',
        any_after: ['1900-01-01', '2026-06-15'],
        'dimensions.name': ['device', 'country'],
        'dimensions.value': ['', 'DE'],
      },
    },
    {
      kind: 'cart',
      content: {
        at: Date.UTC(2299, 0, 1),
        last_activity_at: 1,
        holds_items: true,
        outcome: 'recovered_late',
        revived: 3,
        'lines.product_id': ['a', 'b'],
        'lines.variant_id': ['', 'x'],
        'lines.name': ['ä', ''],
        'lines.quantity': [1, 2n ** 64n - 1n],
        'lines.unit_price': [null, -(2n ** 63n)],
        'lines.currency': ['EUR', 'JPY'],
        'value.currency': ['EUR'],
        'value.amount': [LARGE],
        'peak_value.currency': ['EUR', 'JPY'],
        'peak_value.amount': [-LARGE - 1n, 0],
        bought: ['', 'a'],
        idle_ms: 1,
        abandon_ms: 2n ** 63n - 1n,
        test: true,
      },
    },
    {
      kind: 'order',
      content: {
        currency: 'KWD',
        amount_items: LARGE,
        amount_discount: -LARGE - 1n,
        'bridge.line': ['late'],
        'bridge.currency': ['EUR'],
        'bridge.amount': [-5],
        cycle_started_at: 7,
        new_buyer: true,
        conflicts: 9,
      },
    },
    {
      kind: 'refund',
      content: { refund_kind: 'chargeback', flag: 'more_than_order', amount_total: -1, refund_id: 'r' },
    },
  ];

/** A random shop's ledger, and that of most of its events. */
export const ledgerOf = (seed: number) => {
  const random = createRandom(seed);
  const definition = randomDefinition(random);
  const deliveries = randomHistory(random, 45, 4, definition.time_zone);
  const versions = randomVersions(random, definition, deliveries);
  const days = createCalendar(definition.time_zone);
  const build = (some: readonly Delivery[]): LedgerRow[] =>
    buildLedger({ events: keptOf(some), definition, versions, days });
  const isLeft = deliveries.map(() => random.chance(0.7));
  return {
    definition,
    versions,
    rows: build(deliveries),
    fewer: build(deliveries.filter((_, i) => isLeft[i] === true)),
    lastEventAt: Math.max(...deliveries.map((delivery) => delivery.received_at)),
  };
};
