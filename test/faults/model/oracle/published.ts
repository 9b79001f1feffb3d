import type { Store as Shop } from '@cartledger/control';
import type { Hasher } from '@cartledger/events';
import type { KeptEvent } from '@cartledger/funnel';
import { ofStore } from '../store/answers/sets.ts';
import type { Readable } from '../store/server.ts';
import { int } from '../store/value.ts';
import type { World } from '../world/scheduler.ts';
import { keptEventOf } from './kept-event.ts';
import { ledgerDiffers, rollupDiffers } from './ledger.ts';
import type { Delivery } from './truth.ts';

const nodesOf = ({ visitor_id, cart_id, order_id }: KeptEvent, hasher: Hasher): bigint[] => [
  hasher.visitorNode(visitor_id),
  ...(cart_id === undefined ? [] : [hasher.cartNode(cart_id)]),
  ...(order_id === undefined ? [] : [hasher.orderNode(order_id)]),
];

/** What hangs together by a visitor, a cart or an order. */
const componentsOf = (
  kept: readonly Delivery[],
  hasher: Hasher,
): { nodes: Set<bigint>; kept: Delivery[]; events: KeptEvent[] }[] => {
  let components: { nodes: Set<bigint>; kept: Delivery[]; events: KeptEvent[] }[] = [];
  for (const delivery of kept) {
    const event = keptEventOf(delivery);
    const one = { nodes: new Set(nodesOf(event, hasher)), kept: [delivery], events: [event] };
    const [mine, others] = [[one], [] as typeof components];
    for (const each of components) (each.nodes.isDisjointFrom(one.nodes) ? others : mine).push(each);
    const joined = {
      nodes: new Set(mine.flatMap(({ nodes }) => [...nodes])),
      kept: mine.flatMap((each) => each.kept),
      events: mine.flatMap(({ events }) => events),
    };
    components = [...others, joined];
  }
  return components;
};

/**
 * Whenever a store's state says how far its reports are, I4: components all of whose events were in the log before then
 * have the ledger rows that these events say; I5: days that are not dirty have the rollups that their rows say.
 */
export const watchPublished = (
  world: World,
  {
    tables,
    shopOf,
    keptOf,
    hasher,
  }: {
    tables: Pick<Readable, 'table'>;
    shopOf: (store_id: string) => Shop | undefined;
    keptOf: (store_id: string) => readonly Delivery[];
    hasher: Hasher;
  },
): void => {
  world.on('published', ({ store_id }) => {
    const shop = shopOf(store_id);
    const [state] = tables.table('store_state').final().filter(ofStore(store_id));
    if (shop === undefined || state === undefined) return;
    const asOf = int(state, 'as_of');
    const isSettled = ({ entry }: Delivery): boolean => entry.goneAt === null && entry.appendedAt < asOf;
    const settled = componentsOf(keptOf(store_id), hasher).filter(({ kept }) => kept.every(isSettled));
    const within = new Set(settled.flatMap(({ nodes }) => [...nodes]));
    const events = settled.flatMap((component) => component.events);
    const drift = ledgerDiffers(tables, shop, { events, hasher, within });
    if (drift !== null) world.fail('I4', `${store_id} is told of as of ${asOf}: ${drift}`);
    const differs = rollupDiffers(tables, shop);
    if (differs !== null) world.fail('I5', `${store_id} is told of as of ${asOf}: ${differs}`);
  });
};
