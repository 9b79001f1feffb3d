import type { Delivery } from '@cartledger/events';
import { type Definition, parseExact } from '@cartledger/funnel';
import type { Client } from './client.ts';

const storePath = (store: string): string => `/api/v1/stores/${encodeURIComponent(store)}`;

const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && 'time_zone' in value && 'stages' in value && 'funnels' in value;

/** The definition a store's numbers are made by. */
export const fetchDefinition = async (client: Client, store: string): Promise<Definition> => {
  const response = await client.send('GET', storePath(store));
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'definition' in body && isDefinition(body.definition))
    return body.definition;
  throw new TypeError(`the server's answer about store ${store} has no definition`);
};

const isDelivery = (value: unknown): value is Delivery =>
  typeof value === 'object' && value !== null && 'event_id' in value && 'received_at' in value;

const lines = async function* (body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
};

/** All kept events of a store. */
export const fetchDeliveries = async (client: Client, store: string): Promise<Delivery[]> => {
  const response = await client.send('GET', `${storePath(store)}/events`);
  const deliveries: Delivery[] = [];
  if (response.body === null) return deliveries;
  for await (const line of lines(response.body)) {
    if (line === '') continue;
    const value = parseExact(line);
    if (!isDelivery(value)) throw new TypeError(`the export of store ${store} has a line that is no event`);
    deliveries.push(value);
  }
  return deliveries;
};
