/** Deliveries waiting for their time of arrival: a binary heap by (received_at, order of putting in). */
import type { SimulatedEvent } from './wire.ts';

export type Arrivals = {
  put(event: SimulatedEvent): void;
  /** The next one if it arrives before `time`. */
  takeBefore(time: number): SimulatedEvent | null;
  /** When the next one arrives; null when none waits. */
  nextAt(): number | null;
};

type Waiting = { event: SimulatedEvent; rank: number };

const isEarlier = (a: Waiting, b: Waiting): boolean =>
  a.event.received_at < b.event.received_at || (a.event.received_at === b.event.received_at && a.rank < b.rank);

export const createArrivals = (): Arrivals => {
  const heap: Waiting[] = [];
  let rank = 0;

  const swap = (a: number, b: number): void => {
    const [first, second] = [heap[a], heap[b]];
    if (first === undefined || second === undefined) return;
    heap[a] = second;
    heap[b] = first;
  };
  const precedes = (a: number, b: number): boolean => {
    const [first, second] = [heap[a], heap[b]];
    return first !== undefined && (second === undefined || isEarlier(first, second));
  };
  const sink = (): void => {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const child = precedes(left + 1, left) ? left + 1 : left;
      if (!(child < heap.length && precedes(child, parent))) return;
      swap(child, parent);
      parent = child;
    }
  };

  return {
    put(event) {
      heap.push({ event, rank: rank++ });
      let child = heap.length - 1;
      while (child > 0 && precedes(child, (child - 1) >> 1)) {
        swap(child, (child - 1) >> 1);
        child = (child - 1) >> 1;
      }
    },
    takeBefore(time) {
      const [top] = heap;
      if (top === undefined || top.event.received_at >= time) return null;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
      sink();
      return top.event;
    },
    nextAt: () => heap[0]?.event.received_at ?? null,
  };
};
