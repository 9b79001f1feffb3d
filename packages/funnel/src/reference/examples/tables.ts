/** Markdown for docs/definitions.md: tables of what was told and of what the engine makes of it. */
import { MINUTE_MS } from '../../definition.ts';
import type { MoneyByCurrency } from '../../reports/index.ts';
import { START, type Told, tell } from '../scenario.ts';

export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [header, ...rows];
  const widths = header.map((_, k) => Math.max(3, ...all.map((row) => (row[k] ?? '').length)));
  const print = (row: readonly string[]): string =>
    `| ${row.map((cell, k) => cell.padEnd(widths[k] ?? 0)).join(' | ')} |`;
  return [print(header), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(print)].join('\n');
};

/** Minor units of a currency with two decimals, as people write them. */
export const euros = (minor: bigint | number): string => {
  const amount = BigInt(minor);
  const digits = String(amount < 0n ? -amount : amount).padStart(3, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

export const worthIn = (value: MoneyByCurrency): string =>
  Object.entries(value)
    .map(([currency, amount]) => `${euros(amount)} ${currency}`)
    .join(', ') || 'none';

export const percent = (rate: number | null): string =>
  rate === null ? 'none' : `${Number((rate * 100).toFixed(4))} %`;

export const minutes = (ms: number | null): string =>
  ms === null ? 'none' : `${Number((ms / MINUTE_MS).toFixed(3))} min`;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mon 5 Jan 12:05`, UTC; seconds and milliseconds where there are some. */
export const clock = (ms: number): string => {
  const date = new Date(ms);
  const [time = '', fraction = '000'] = date.toISOString().slice(11, -1).split('.');
  const short = fraction !== '000' ? `${time}.${fraction}` : time.endsWith(':00') ? time.slice(0, 5) : time;
  return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${short}`;
};

const itemsOf = ({ items = [] }: Told): string =>
  items
    .map((item) => {
      const price = item.unit_price === undefined ? '' : ` at ${euros(item.unit_price)}`;
      return `${item.quantity} × ${item.product_id}${item.variant_id === undefined ? '' : ` ${item.variant_id}`}${price}`;
    })
    .join(', ');

/** All of an event that an example may turn on. */
const details = (told: Told): string => {
  const amounts = Object.entries(told.amounts ?? {}).map(([name, amount]) => `${name} ${euros(amount)}`);
  return [
    told.checkout_step,
    told.friction?.code,
    itemsOf(told),
    told.items?.length === 0 && told.type !== 'purchase' ? 'nothing' : undefined,
    told.cart_snapshot ? 'the whole cart' : undefined,
    told.order_id === undefined ? undefined : `order ${told.order_id}`,
    told.refund_id === undefined ? undefined : `refund ${told.refund_id}`,
    ...amounts,
    told.currency === undefined ? undefined : told.currency,
    told.cart_id === undefined ? undefined : `cart ${told.cart_id}`,
    told.session_id === undefined ? undefined : `session ${told.session_id}`,
    told.customer_id === undefined ? undefined : `customer ${told.customer_id}`,
    told.campaign?.source === undefined ? undefined : `from ${told.campaign.source}`,
    told.source === undefined || told.source === 'browser' ? undefined : `told by the ${told.source}`,
    told.test ? 'a test' : undefined,
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('; ');
};

/** What happened, as a storefront told it. */
export const story = (events: readonly Told[]): string =>
  table(
    ['when (UTC)', 'visitor', 'event', 'details'],
    events.map((told) => [
      clock(told.occurred_at ?? START + told.at * MINUTE_MS),
      told.visitor_id ?? 'v',
      told.type,
      details(told),
    ]),
  );

export const say = (...parts: readonly string[]): string => parts.join('\n\n');

/** The carts that a story makes, long after. */
export const cartsTable = (events: readonly Told[]): string =>
  table(
    ['cart', 'opened', 'state', 'value', 'order'],
    tell(events).carts.map((cart) => [
      cart.cart_key,
      clock(cart.opened_at),
      cart.state,
      worthIn(cart.value),
      cart.order_id ?? 'none',
    ]),
  );
