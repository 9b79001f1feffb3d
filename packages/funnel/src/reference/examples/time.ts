/** Examples of docs/definitions.md: one event, one time. */
import { parseEvent } from '@cartledger/events';
import { DEFAULT_DEFINITION } from '../../definition.ts';
import { createDayOf } from '../days.ts';
import { deduplicate } from '../dedupe.ts';
import { createExplainer } from '../explain.ts';
import { deliveriesOf, line, START, type Told, tell } from '../scenario.ts';
import { eventTime, isTooFarAhead } from '../time.ts';
import { clock, say, story, table } from './tables.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

const deliveries = (): string => {
  const event: Told = { type: 'add_to_cart', at: 0, event_id: 'e1', visitor_id: 'ada', items: [line('mug', 1000)] };
  const sent: [string, Told][] = [
    ['first attempt', { ...event, received_at: START + 2 * SECOND }],
    ['the same again, the answer was lost', { ...event, received_at: START + 9 * SECOND }],
    ['the same id, another price', { ...event, items: [line('mug', 900)], received_at: START + 20 * SECOND }],
    ['the same id of another visitor', { ...event, visitor_id: 'ben', received_at: START + 30 * SECOND }],
  ];
  const all = sent.flatMap(([, told]) => deliveriesOf([told]));
  const kept = deduplicate(all);
  return table(
    ['delivery', 'visitor', 'event_id', 'received', 'counts'],
    sent.map(([what, told], i) => {
      const own = all[i];
      return [
        what,
        told.visitor_id ?? '',
        'e1',
        clock(told.received_at ?? 0),
        own !== undefined && kept.includes(own) ? 'yes' : 'no: a repeat',
      ];
    }),
  );
};

const times = (): string => {
  const noon = START;
  const sent: [string, Partial<Told>][] = [
    ['clock right', { occurred_at: noon, sent_at: noon + SECOND, received_at: noon + 2 * SECOND }],
    ['clock one hour slow', { occurred_at: noon - HOUR, sent_at: noon - HOUR + SECOND, received_at: noon + SECOND }],
    ['clock one hour fast', { occurred_at: noon + HOUR, sent_at: noon + HOUR + SECOND, received_at: noon + SECOND }],
    ['kept on the phone for a day', { occurred_at: noon - 24 * HOUR, sent_at: noon, received_at: noon + SECOND }],
    ['no `sent_at`, one minute ahead', { occurred_at: noon + 60 * SECOND, received_at: noon }],
    ['no `sent_at`, two days ahead', { occurred_at: noon + 48 * HOUR, received_at: noon }],
  ];
  return table(
    ['what', 'occurred_at', 'sent_at', 'received_at', 'event time'],
    sent.flatMap(([what, told]) =>
      deliveriesOf([{ type: 'visit', at: 0, ...told }]).map((d) => [
        what,
        clock(d.occurred_at),
        d.sent_at === undefined ? 'none' : clock(d.sent_at),
        clock(d.received_at),
        isTooFarAhead(d) ? 'rejected' : clock(eventTime(d)),
      ]),
    ),
  );
};

const days = (): string => {
  const instants = ['2026-01-05T22:59:00Z', '2026-01-05T23:30:00Z', '2026-01-06T04:59:00Z', '2026-01-06T18:14:00Z'];
  const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu'];
  return table(
    ['instant (UTC)', ...zones],
    instants.map((iso) => [clock(Date.parse(iso)), ...zones.map((zone) => createDayOf(zone)(Date.parse(iso)))]),
  );
};

const sessions = (): string => {
  const events: Told[] = [
    { type: 'visit', at: 0, visitor_id: 'ada' },
    { type: 'product_view', at: 29, visitor_id: 'ada' },
    { type: 'product_view', at: 59, visitor_id: 'ada' },
    { type: 'product_view', at: 90, visitor_id: 'ada' },
    { type: 'visit', at: 0, visitor_id: 'ben', session_id: 's1' },
    { type: 'visit', at: 300, visitor_id: 'ben', session_id: 's1' },
  ];
  const explain = createExplainer({
    deliveries: deliveriesOf(events),
    definition: { ...DEFAULT_DEFINITION, funnels: [{ unit: 'session', mode: 'any', window_ms: HOUR }] },
    asOf: START,
    from: '2026-01-05',
    to: '2026-01-05',
  });
  const ofVisitor = (visitor: string): number =>
    new Set(
      ['visit', 'product_view']
        .flatMap((stage) => explain(`funnel stage=${stage},figure=units_any`).rows)
        .map((row) => row.id)
        .filter((id) => id.startsWith(`["${visitor}"`)),
    ).size;
  return say(story(events), `Sessions: Ada ${ofVisitor('ada')}, Ben ${ofVisitor('ben')}.`);
};

const oneMillisecond = (): string => {
  const events: Told[] = [
    { type: 'cart_view', at: 0, visitor_id: 'ada', items: [line('mug', 1000)] },
    { type: 'add_to_cart', at: 0, visitor_id: 'ada', items: [line('mug', 1000)] },
  ];
  const [cart] = tell(events).carts;
  return say(
    story(events),
    `One cart with one mug: its value is ${(Number(cart?.value.EUR ?? 0) / 100).toFixed(2)} EUR.`,
  );
};

const junkIds = (): string => {
  const sent: Record<string, unknown>[] = [
    { type: 'purchase', order_id: 'undefined', currency: 'EUR', amounts: { total: 1000 } },
    { type: 'visit', visitor_id: '[object Object]' },
    { type: 'visit', cart_id: 'undefined' },
    { type: 'visit', session_id: ' ' },
    { type: 'visit', cart_id: 'undefined-1' },
  ];
  const cells = sent.map((event) => {
    const shown = Object.entries(event).filter(([name]) => name === 'type' || name.endsWith('_id'));
    const parsed = parseEvent(
      { event_id: 'e1', store_id: 's', visitor_id: 'ada', occurred_at: START, ...event },
      { received_at: START, maxAgeDays: DEFAULT_DEFINITION.max_age_days },
    );
    const taken = (): string => {
      if (!parsed.ok) return `rejected: \`${parsed.code}\``;
      const { cart_id, session_id } = parsed.event;
      return cart_id ?? session_id ?? 'an event without that id';
    };
    return [`\`${JSON.stringify(Object.fromEntries(shown))}\``, taken()];
  });
  return table(['sent', 'taken as'], cells);
};

export const TIME = { deliveries, times, days, sessions, 'one-millisecond': oneMillisecond, 'junk-ids': junkIds };
