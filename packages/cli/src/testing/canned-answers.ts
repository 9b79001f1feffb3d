/** What a Cartledger of one store answers, for tests of the command. */
import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { type Answer, refusal } from './canned-server.ts';

export const TOKEN = 'good-token';
export const FUNNEL = {
  report: 'funnel',
  store_id: 'shop',
  from: '2026-11-01',
  to: '2026-11-30',
  timezone: 'UTC',
  as_of: '2099-01-01T00:00:00.000Z',
  open_from: null,
  definition_versions: [1],
  warnings: [{ code: 'quiet', message: 'Nothing for 30 days.' }],
  unit: 'visitor',
  mode: 'ordered',
  window_ms: 604_800_000,
  stages: [
    {
      stage: 'visit',
      units: 4,
      units_any: 4,
      conversion_from_first: 1,
      conversion_from_previous: null,
      dropped: 4,
      median_ms_to_next: null,
      p90_ms_to_next: null,
    },
  ],
};
/** What the store was last given, and what it answers. */
const versionOf = (version: number, change: object) => ({
  from: version === 1 ? null : '2026-11-01',
  definition: { ...DEFAULT_DEFINITION, version, ...change },
});
const shopWith = (...changes: object[]) => {
  const versions = [{}, ...changes].map((change, i) => versionOf(i + 1, change));
  return { store_id: 'shop', definition: versions.at(-1)?.definition, versions };
};
const STORE = { store_id: 'shop', time_zone: 'UTC', currency: 'EUR', stages: ['visit'] };

export const explanation = (ids: string[], next_cursor: string | null) => ({
  ...FUNNEL,
  report: 'explanation',
  timezone: 'Asia/Kathmandu',
  of: 'funnel stage=visit,figure=units',
  unit: 'visitor',
  count: 3,
  amount: null,
  rows: ids.map((id) => ({
    id,
    visitor_id: id,
    at: '2026-11-01T10:00:00.000Z',
    day: '2026-11-01',
    amount: null,
    note: 'reached visit',
  })),
  next_cursor,
});
const TIMELINE = {
  store_id: 'shop',
  of: { visitor_id: 'v1' },
  timezone: 'UTC',
  as_of: '2026-11-01T12:00:00.000Z',
  entries: [
    {
      at: '2026-11-01T10:00:00.000Z',
      kind: 'event',
      what: 'visit',
      id: 'e1',
      visitor_id: 'v1',
      cart_key: null,
      rule: 'no_cart_yet',
      explanation: 'No cart is open.',
    },
  ],
};
const RESTATED = [
  ['revenue EUR orders.count', '1', '2', 'late_order'],
  ['revenue EUR orders.gross_sales', '123456', '1234567890123456789012', 'late_order'],
  ['revenue JPY bridge.orders_without_cart.no_add_seen', '0', '-900', 'late_order'],
  ['revenue KWD stages.checkout.shipping.left', '5', '1250', 'late_event'],
  ['revenue KWD stages.checkout.shipping.carts', '5', '1250', 'late_event'],
  ['abandonment EUR reasons.EUR odd.value', '0', '7', 'late_event'],
  ['abandonment reasons.EUR odd.carts', '0', '7', 'late_event'],
  ['funnel visitor/ordered/604800000 stages.visit.units', '4', '5', 'late_event'],
  ['all', 'UTC', 'Europe/Berlin', 'time_zone'],
].map(([figure, from, to, cause]) => ({ day: '2026-11-01', figure, from, to, cause, at: '2026-11-03T10:00:00.000Z' }));

/** To `METHOD path?query` with this authorization. */
export const answer = (request: string, token: string, body: string): Answer => {
  if (token !== `Bearer ${TOKEN}`) return refusal(401, 'bad_token', 'The token is unknown or revoked.');
  if (request.startsWith('GET /api/v1/stores/shop/reports/funnel/explain'))
    return {
      status: 200,
      body: request.includes('cursor=two') ? explanation(['v3'], null) : explanation(['v1', 'v2'], 'two'),
    };
  if (
    request.includes('funnel?unit=session&window_ms=43200000&breakdown=device&breakdown_values=3&definition_version=2')
  )
    return {
      status: 200,
      body: {
        ...FUNNEL,
        breakdown: { by: 'device', overlapping: false, values: [{ value: 'phone', stages: FUNNEL.stages }] },
      },
    };
  if (request === 'GET /api/v1/stores/shop/reports/funnel?from=2025-12-01')
    return refusal(
      409,
      'several_versions',
      'stages or funnel differ between the days of the period: version 1 (2025-12-01 to 2025-12-31), version 2 (2026-01-01 to 2026-01-12); ask for days of one version, or count the whole period by one with definition_version',
    );
  if (request.startsWith('GET /api/v1/stores/shop/reports/funnel')) return { status: 200, body: FUNNEL };
  switch (request) {
    case 'GET /api/v1/stores':
      return { status: 200, body: { stores: [STORE] } };
    case 'GET /api/v1/stores/shop':
      return { status: 200, body: shopWith() };
    case 'GET /api/v1/stores/shop/timeline?visitor_id=v1':
      return { status: 200, body: TIMELINE };
    case 'GET /api/v1/stores/shop/restatements?from=2026-11-01':
      return { status: 200, body: { restatements: RESTATED } };
    case 'POST /api/v1/fx-rates':
      return { status: 200, body: { stored: JSON.parse(body).length } };
    case 'GET /api/v1/fx-rates':
      return { status: 200, body: { rates: [] } };
    case 'GET /api/v1/stores/gold':
      return { status: 200, body: shopWith({ idle_ms: 5_000, targets: { purchase: 0.025 } }) };
    case 'PUT /api/v1/stores/shop/definition': {
      const { from, ...change }: { from?: string; idle_ms?: number } = JSON.parse(body);
      return { status: 200, body: change.idle_ms === 1_800_000 ? shopWith() : shopWith(change) };
    }
    case 'POST /api/v1/stores':
      if (body.includes('"store_id":"filed"')) return { status: 201, body: shopWith(JSON.parse(body)) };
      return refusal(503, 'unavailable', 'The store cannot be made at this moment.');
    case 'POST /api/v1/stores/shop/keys':
      return { status: 201, body: { key: body.includes('"events_per_second":50') ? 'ck_w_at_50' : 'ck_w_new' } };
    case 'POST /v1/events': {
      const events: { event_id: string }[] = JSON.parse(body);
      const rejected = events.flatMap(({ event_id }, index) =>
        event_id === 'refused' ? [{ index, field: 'type', message: 'type ("party") is no event type' }] : [],
      );
      return { status: 202, body: { accepted: events.length - rejected.length, rejected } };
    }
    case 'GET /proxy/api/v1/stores':
      return { status: 200, body: '<!doctype html>', type: 'text/html' };
    default:
      return refusal(404, 'unknown_store', 'There is no store of that name.');
  }
};
