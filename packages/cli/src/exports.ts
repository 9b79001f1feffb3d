import type { Definition } from '@cartledger/funnel';
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
