import type { RowOf } from '@cartledger/clickhouse';
import type { LedgerRow, MoneyLine } from '@cartledger/funnel';

/** The columns of table `ledger_rows`, as a block carries them. */
export const LEDGER_COLUMNS = [
  { name: 'store_id', type: 'LowCardinality(String)' },
  { name: 'kind', type: "Enum8('journey' = 1, 'cart' = 2, 'order' = 3, 'refund' = 4)" },
  { name: 'day', type: 'Date32' },
  { name: 'node', type: 'UInt64' },
  { name: 'key', type: 'String' },
  { name: 'version', type: 'UInt64' },
  { name: 'is_deleted', type: 'UInt8' },
  { name: 'definition_version', type: 'UInt32' },
  { name: 'at', type: "DateTime64(3, 'UTC')" },
  { name: 'visitor_id', type: 'String' },
  { name: 'excluded', type: 'Bool' },
  { name: 'funnel', type: 'LowCardinality(String)' },
  { name: 'unit_id', type: 'String' },
  { name: 'hit', type: 'UInt32' },
  { name: 'any', type: 'UInt32' },
  { name: 'ms_to_next', type: 'Array(Int64)' },
  { name: 'counted_after', type: 'Date32' },
  { name: 'counted_before', type: 'Date32' },
  { name: 'any_after', type: 'Array(Date32)' },
  { name: 'dimensions.name', type: 'Array(LowCardinality(String))' },
  { name: 'dimensions.value', type: 'Array(String)' },
  { name: 'cart_key', type: 'String' },
  { name: 'cart_id', type: 'String' },
  { name: 'last_activity_at', type: "DateTime64(3, 'UTC')" },
  { name: 'holds_items', type: 'Bool' },
  { name: 'order_id', type: 'String' },
  { name: 'ordered_at', type: "DateTime64(3, 'UTC')" },
  { name: 'outcome', type: 'LowCardinality(String)' },
  { name: 'first_abandoned_at', type: "DateTime64(3, 'UTC')" },
  { name: 'last_abandoned_at', type: "DateTime64(3, 'UTC')" },
  { name: 'revived', type: 'UInt32' },
  { name: 'furthest', type: 'LowCardinality(String)' },
  { name: 'abandoned_point', type: 'LowCardinality(String)' },
  { name: 'has_checkout', type: 'Bool' },
  { name: 'reason', type: 'LowCardinality(String)' },
  { name: 'lines.product_id', type: 'Array(String)' },
  { name: 'lines.variant_id', type: 'Array(String)' },
  { name: 'lines.name', type: 'Array(String)' },
  { name: 'lines.quantity', type: 'Array(UInt64)' },
  { name: 'lines.unit_price', type: 'Array(Nullable(Int64))' },
  { name: 'lines.currency', type: 'Array(LowCardinality(String))' },
  { name: 'value.currency', type: 'Array(LowCardinality(String))' },
  { name: 'value.amount', type: 'Array(Int128)' },
  { name: 'peak_value.currency', type: 'Array(LowCardinality(String))' },
  { name: 'peak_value.amount', type: 'Array(Int128)' },
  { name: 'unpriced', type: 'Bool' },
  { name: 'unmatched_removes', type: 'UInt32' },
  { name: 'products.product_id', type: 'Array(String)' },
  { name: 'products.name', type: 'Array(String)' },
  { name: 'bought', type: 'Array(String)' },
  { name: 'contactable', type: 'Bool' },
  { name: 'last_page', type: 'String' },
  { name: 'last_product', type: 'String' },
  { name: 'idle_ms', type: 'Int64' },
  { name: 'abandon_ms', type: 'Int64' },
  { name: 'recovery_ms', type: 'Int64' },
  { name: 'test', type: 'Bool' },
  { name: 'session_key', type: 'String' },
  { name: 'session_unit', type: 'String' },
  { name: 'customer_id', type: 'String' },
  { name: 'channel', type: 'LowCardinality(String)' },
  { name: 'currency', type: 'LowCardinality(String)' },
  { name: 'without_cart_reason', type: 'LowCardinality(String)' },
  { name: 'amount_items', type: 'Int128' },
  { name: 'amount_discount', type: 'Int128' },
  { name: 'amount_tax_added', type: 'Int128' },
  { name: 'amount_shipping', type: 'Int128' },
  { name: 'amount_unexplained', type: 'Int128' },
  { name: 'amount_total', type: 'Int128' },
  { name: 'bridge.line', type: 'Array(LowCardinality(String))' },
  { name: 'bridge.currency', type: 'Array(LowCardinality(String))' },
  { name: 'bridge.amount', type: 'Array(Int128)' },
  { name: 'cycle_started_at', type: "DateTime64(3, 'UTC')" },
  { name: 'new_buyer', type: 'Bool' },
  { name: 'conflicts', type: 'UInt32' },
  { name: 'refund_id', type: 'String' },
  { name: 'refund_kind', type: 'LowCardinality(String)' },
  { name: 'flag', type: 'LowCardinality(String)' },
] as const;

type LedgerColumns = RowOf<typeof LEDGER_COLUMNS>;
/** Where a row stands and which it is of those that ever stood there. */
type Position = 'store_id' | 'kind' | 'node' | 'key' | 'version' | 'is_deleted';
/** What a ledger row says. Its day also says where it stands. */
export type Content = Omit<LedgerColumns, Position>;

/** What the columns of other kinds hold, and all columns of a tombstone but the day. */
export const NOTHING: Content = {
  day: '1970-01-01',
  definition_version: 0,
  at: 0,
  visitor_id: '',
  excluded: false,
  funnel: '',
  unit_id: '',
  hit: 0,
  any: 0,
  ms_to_next: [],
  counted_after: '1970-01-01',
  counted_before: '1970-01-01',
  any_after: [],
  'dimensions.name': [],
  'dimensions.value': [],
  cart_key: '',
  cart_id: '',
  last_activity_at: 0,
  holds_items: false,
  order_id: '',
  ordered_at: 0,
  outcome: '',
  first_abandoned_at: 0,
  last_abandoned_at: 0,
  revived: 0,
  furthest: '',
  abandoned_point: '',
  has_checkout: false,
  reason: '',
  'lines.product_id': [],
  'lines.variant_id': [],
  'lines.name': [],
  'lines.quantity': [],
  'lines.unit_price': [],
  'lines.currency': [],
  'value.currency': [],
  'value.amount': [],
  'peak_value.currency': [],
  'peak_value.amount': [],
  unpriced: false,
  unmatched_removes: 0,
  'products.product_id': [],
  'products.name': [],
  bought: [],
  contactable: false,
  last_page: '',
  last_product: '',
  idle_ms: 0,
  abandon_ms: 0,
  recovery_ms: 0,
  test: false,
  session_key: '',
  session_unit: '',
  customer_id: '',
  channel: '',
  currency: '',
  without_cart_reason: '',
  amount_items: 0,
  amount_discount: 0,
  amount_tax_added: 0,
  amount_shipping: 0,
  amount_unexplained: 0,
  amount_total: 0,
  'bridge.line': [],
  'bridge.currency': [],
  'bridge.amount': [],
  cycle_started_at: 0,
  new_buyer: false,
  conflicts: 0,
  refund_id: '',
  refund_kind: '',
  flag: '',
};

const currencies = (lines: readonly MoneyLine[]): string[] => lines.map((line) => line.currency);
const amounts = (lines: readonly MoneyLine[]): bigint[] => lines.map((line) => line.amount);

/** The columns that rows of this kind fill; the names are the row's but where two kinds share a column. */
export const contentOf = (row: LedgerRow): Partial<Content> => {
  switch (row.kind) {
    case 'journey': {
      const { kind, node, started_at, dimensions, ...same } = row;
      return {
        ...same,
        at: started_at,
        'dimensions.name': dimensions.map(({ name }) => name),
        'dimensions.value': dimensions.map(({ value }) => value),
      };
    }
    case 'cart': {
      const { kind, node, opened_at, lines, value, peak_value, products, ...same } = row;
      return {
        ...same,
        at: opened_at,
        'lines.product_id': lines.map((line) => line.product_id),
        'lines.variant_id': lines.map((line) => line.variant_id),
        'lines.name': lines.map((line) => line.name),
        'lines.quantity': lines.map((line) => line.quantity),
        'lines.unit_price': lines.map((line) => line.unit_price),
        'lines.currency': lines.map((line) => line.currency),
        'value.currency': currencies(value),
        'value.amount': amounts(value),
        'peak_value.currency': currencies(peak_value),
        'peak_value.amount': amounts(peak_value),
        'products.product_id': products.map((product) => product.product_id),
        'products.name': products.map((product) => product.name),
      };
    }
    case 'order': {
      const { kind, node, ordered_at, items, discount, tax_added, shipping, unexplained, total, bridge, ...same } = row;
      return {
        ...same,
        at: ordered_at,
        amount_items: items,
        amount_discount: discount,
        amount_tax_added: tax_added,
        amount_shipping: shipping,
        amount_unexplained: unexplained,
        amount_total: total,
        'bridge.line': bridge.map((line) => line.line),
        'bridge.currency': currencies(bridge),
        'bridge.amount': amounts(bridge),
      };
    }
    case 'refund': {
      const { kind, node, refunded_at, items, total, ...same } = row;
      return { ...same, at: refunded_at, amount_items: items, amount_total: total };
    }
  }
};
