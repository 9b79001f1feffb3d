/** Which visitors hang together by a cart, an order or a customer: found in the events themselves, the product's own links unseen. */
import type { Delivery } from '@cartledger/events';
import { type Components, createComponents } from './components.ts';
import { createNameHash } from './hash.ts';
import { createRuns, type Run, type Runs } from './runs.ts';
import type { Line } from './spool.ts';

/**
 * 32 MiB. Of ten million names one in two hundred is taken for one that was seen before though it was not, of a hundred
 * million every fourth: that costs the memory of its visitor and changes no figure.
 */
const FILTER_BITS = 2 ** 28;

const visitorName = (visitor_id: string): string => `visitor ${visitor_id}`;

/** By what an event's visitor hangs together with others; his own, for whoever comes in two places. */
const namesOf = ({ type, visitor_id, cart_id, order_id, customer_id }: Delivery): string[] => {
  const names = [visitorName(visitor_id)];
  if (cart_id !== undefined) names.push(`cart ${cart_id}`);
  if (order_id !== undefined) names.push(`order ${order_id}`);
  // A customer's first order may be another visitor's.
  if (customer_id !== undefined && type === 'purchase') names.push(`customer ${customer_id}`);
  return names;
};

/** A Bloom filter of two bits a name. */
const createFilter = (bits: number) => {
  const bytes = new Uint8Array(bits / 8);
  const hash = createNameHash();
  const set = (half: number): boolean => {
    const bit = half & (bits - 1);
    const byte = bytes[bit >>> 3] ?? 0;
    bytes[bit >>> 3] = byte | (1 << (bit & 7));
    return (byte & (1 << (bit & 7))) !== 0;
  };
  /** Whether the name was perhaps put in before; it is in now. */
  return (name: string): boolean => {
    hash.of(name);
    const low = set(hash.low);
    return set(hash.high) && low;
  };
};

export type Sharing = {
  /** Told of every event, in the order of the export, in which a visitor's events stand together. */
  look(delivery: Delivery): void;
  /** Counts a visitor among those who share, alone or not. */
  single(visitor_id: string): number;
  /** Once all has been looked at, told of the same events again. */
  lookAgain(line: Line): void;
  /** After that: the runs of those who share, in their order. */
  end(): { runs: Runs; components: Components };
};

type OpenRun = Omit<Run, 'node'> & { visitor_id: string; node: number | null };

/** Holds what is shared, and of all others only a filter of fixed size. `filterBits`: a power of 2. */
export const createSharing = (filterBits = FILTER_BITS): Sharing => {
  const components = createComponents();
  const isSeen = createFilter(filterBits);
  const ofRun = new Set<string>();
  let visitor: string | null = null;

  const runs = createRuns();
  let run: OpenRun | null = null;

  const closeRun = (): void => {
    if (run !== null && run.node !== null) runs.push({ ...run, node: run.node });
  };

  return {
    look(delivery) {
      if (delivery.visitor_id !== visitor) ofRun.clear();
      visitor = delivery.visitor_id;
      for (const name of namesOf(delivery)) {
        if (ofRun.has(name)) continue;
        ofRun.add(name);
        if (isSeen(name)) components.node(name);
      }
    },
    single: (visitor_id) => components.node(visitorName(visitor_id)),
    lookAgain({ delivery, start, end }) {
      if (run?.visitor_id !== delivery.visitor_id) {
        closeRun();
        run = { visitor_id: delivery.visitor_id, start, end, events: 0, node: null };
      }
      run.end = end;
      run.events++;
      for (const name of namesOf(delivery)) {
        const shared = components.find(name);
        if (shared === null) continue;
        if (run.node !== null) components.join(run.node, shared);
        run.node = shared;
      }
    },
    end() {
      closeRun();
      return { runs, components };
    },
  };
};
