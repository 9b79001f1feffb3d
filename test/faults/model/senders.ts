import { EVENTS_TOPIC } from '@cartledger/event-log';
import type { Broker } from './log/broker.ts';
import type { Fleet } from './services.ts';
import { type Input, LATE_STORE, NUMBER_HEADER, type Sent } from './shop.ts';
import type { World } from './world/scheduler.ts';

export type Senders = {
  /** Of all inputs; those not yet answered are sent again. */
  readonly open: number;
};

const PATIENCE_MS = 15_000;
const AGAIN_MS = 2_000;

type Answer = { accepted: number; rejected: { index: number; code: string }[] };

const isAnswer = (body: unknown): body is Answer =>
  typeof body === 'object' && body !== null && 'accepted' in body && 'rejected' in body && Array.isArray(body.rejected);

/** Storefronts, which send again what was not answered, and others who write to the topic themselves. */
export const createSenders = (
  world: World,
  {
    fleet,
    broker,
    keys,
    createStore,
  }: {
    fleet: Fleet;
    broker: Broker;
    keys: ReadonlyMap<string, string>;
    createStore: (store_id: string) => Promise<void>;
  },
  inputs: readonly Input[],
): Senders => {
  let open = inputs.length;

  const later = (input: Input, ms: number, run: (input: Input) => void): void => {
    world.add({
      kind: 'input',
      label: `${input.way} ${input.sent.map(({ n }) => n).join(' ')}`,
      owner: null,
      at: world.now() + ms,
      run: () => run(input),
    });
  };

  const append = (sent: readonly Sent[]): void => {
    broker.append(
      EVENTS_TOPIC,
      sent.map(({ n, key, value, headers }) => ({ key, value, headers: { ...headers, [NUMBER_HEADER]: String(n) } })),
    );
  };

  const write = (input: Input): void => {
    if (broker.find(EVENTS_TOPIC) === null) {
      // Nobody has made the topic yet.
      later(input, AGAIN_MS, write);
      return;
    }
    open -= 1;
    if (input.sent[0]?.store_id !== LATE_STORE) {
      append(input.sent);
      return;
    }
    createStore(LATE_STORE).then(
      () => append(input.sent),
      (error: unknown) => world.fail('model', `the store was not made: ${error}`),
    );
  };

  const note = (sent: readonly Sent[], { rejected }: Answer): void => {
    const codes = new Map(rejected.map(({ index, code }) => [index, code]));
    for (const [index, one] of sent.entries()) one.answer = codes.get(index) ?? 202;
  };

  const post = (input: Input): void => {
    const target = fleet.collector();
    if (target === null) {
      later(input, AGAIN_MS, post);
      return;
    }
    let isOver = false;
    const over = (): boolean => {
      const was = isOver;
      isOver = true;
      return was;
    };
    const again = (ms: number): void => {
      if (!over()) later(input, ms, post);
    };
    const { way, sent } = input;
    const body = `{"events":[${sent.map(({ value }) => String(value)).join(',')}]}`;
    const key = keys.get(way === 'import' ? 'admin' : (sent[0]?.store_id ?? '')) ?? '';
    const headers = {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...(way === 'import' ? { 'cartledger-import': '1' } : {}),
    };
    const request = async (): Promise<void> => {
      const response = await target.collector.app.request('/v1/events', { method: 'POST', headers, body });
      const answer: unknown = await response.json();
      // One that was killed while it answered has told nobody.
      if (target.process.state === 'dead') return;
      world.count(`answered ${response.status}`);
      if (response.status !== 202 || !isAnswer(answer)) again(AGAIN_MS);
      else if (!over()) {
        note(sent, answer);
        open -= 1;
      }
    };
    world.as(target.process, request).catch((error: unknown) => world.fail('model', `a request failed: ${error}`));
    world.add({ kind: 'input', label: 'no answer', owner: null, at: world.now() + PATIENCE_MS, run: () => again(0) });
  };

  for (const input of inputs) later(input, input.at - world.now(), input.way === 'topic' ? write : post);
  return {
    get open() {
      return open;
    },
  };
};
