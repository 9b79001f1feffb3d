/** What storefronts send in a round: a simulator's shoppers, in three ways, with bad and poisonous events among them. */
import { RECEIVED_AT_HEADER } from '@cartledger/event-log';
import { createRandom, type Random } from '@cartledger/funnel/testing';
import { createSimulator, DEMO_STORES, type SimulatedEvent } from '@cartledger/simulator';
import { NUMBER_HEADER, POISON, type Sent } from '../model/shop.ts';

const DAY_MS = 86_400_000;
export const DAYS = 20;
export const STORES = DEMO_STORES.slice(0, 2);
const BODY_EVENTS = 25;

/** `at`: ms after the round's beginning. */
export type Input = { readonly at: number; readonly way: Sent['way']; readonly sent: readonly Sent[] };

type Fields = Record<string, unknown>;
type Bad = {
  readonly code: string;
  readonly byPost: boolean;
  readonly spoil: (event: Fields, now: number) => Buffer | null;
};

const json = (event: Fields): Buffer => Buffer.from(JSON.stringify(event));

const BAD: readonly [Bad, ...Bad[]] = [
  { code: 'malformed_json', byPost: false, spoil: () => Buffer.from('{"event_id": "') },
  { code: 'malformed_json', byPost: false, spoil: () => null },
  { code: 'not_an_object', byPost: false, spoil: () => Buffer.from('[1]') },
  { code: 'unknown_store', byPost: false, spoil: (event) => json({ ...event, store_id: 'nobody' }) },
  {
    code: 'too_large',
    byPost: false,
    spoil: (event) => json({ ...event, friction: { code: 'x', message: 'y'.repeat(70_000) } }),
  },
  {
    code: 'too_old',
    byPost: true,
    spoil: (event, now) => json({ ...event, occurred_at: now - 500 * DAY_MS, sent_at: undefined }),
  },
  {
    code: 'too_far_ahead',
    byPost: true,
    spoil: (event, now) => json({ ...event, occurred_at: now + 30 * DAY_MS, sent_at: undefined }),
  },
  { code: 'bad_time', byPost: true, spoil: (event) => json({ ...event, occurred_at: 'yesterday' }) },
  { code: 'email_as_id', byPost: true, spoil: (event) => json({ ...event, customer_id: 'jo@example.com' }) },
  { code: 'unknown_type', byPost: true, spoil: (event) => json({ ...event, type: 'look' }) },
  { code: 'missing_field', byPost: true, spoil: (event) => json({ ...event, visitor_id: undefined }) },
];

const SHARE = { bad: 0.04, poison: 0.002, again: 0.02 } as const;
const WAYS = ['post', 'post', 'post', 'topic', 'topic', 'import'] as const;

const deliveryOf = (random: Random, way: Sent['way'], event: SimulatedEvent, n: number, now: number): Sent => {
  const { received_at, ...fields } = event;
  const base = { n, way, store_id: event.store_id, key: `${event.store_id}:${event.visitor_id}`, answer: null };
  const stamp = way === 'topic' && random.chance(0.7) ? { [RECEIVED_AT_HEADER]: String(received_at) } : {};
  const headers = { ...stamp, ...(way === 'topic' ? { [NUMBER_HEADER]: String(n) } : {}) };
  if (random.chance(SHARE.bad)) {
    const kinds = BAD.filter(
      ({ code, byPost }) => way === 'topic' || (byPost && !(way === 'import' && code === 'too_old')),
    );
    const { code, spoil } = kinds[random.below(kinds.length)] ?? BAD[0];
    const store_id = code === 'unknown_store' ? 'nobody' : event.store_id;
    const value = spoil({ ...fields, event_id: `bad-${n}` }, now);
    return { ...base, store_id, verdict: code, event_id: null, value, headers };
  }
  // An id of its own: an event that is refused once is refused by all its deliveries.
  const poison = random.chance(SHARE.poison) ? { event_id: `poison-${n}`, session_id: POISON } : null;
  const whole = { ...fields, ...(way === 'import' ? { received_at } : {}), ...poison };
  const verdict = poison === null ? 'good' : 'poison';
  return { ...base, verdict, event_id: whole.event_id, value: json(whole), headers };
};

/**
 * `events` deliveries of two stores, the simulator's own repeated and late ones among them; some are sent once more
 * much later. Spread over `ms`.
 */
export const trafficOf = (seed: number, { events, ms, now }: { events: number; ms: number; now: number }): Input[] => {
  const random = createRandom(seed + 1);
  const to = now - DAY_MS / 4;
  const simulator = createSimulator({ seed, stores: STORES, from: to - DAYS * DAY_MS, to, events });
  const all = [...simulator.events()];
  // The same event once more, by whom and when it happens to be.
  const again = all.filter(() => random.chance(SHARE.again));
  const inputs: Input[] = [];
  let n = 0;
  const put = (some: readonly SimulatedEvent[], earliest: number): void => {
    for (let at = 0; at < some.length; ) {
      const way = random.pick(WAYS);
      const size = 1 + random.below(BODY_EVENTS);
      const body = some.slice(at, at + size);
      const sent = body.map((event) => deliveryOf(random, way, event, n++, now));
      inputs.push({ at: earliest + ((ms - earliest) * at) / some.length, way, sent });
      at += size;
    }
  };
  for (const { store_id } of STORES) {
    put(
      all.filter((event) => event.store_id === store_id),
      0,
    );
    put(
      again.filter((event) => event.store_id === store_id),
      ms / 2,
    );
  }
  return inputs.sort((a, b) => a.at - b.at);
};
