import type { Definition, DefinitionVersion } from '@cartledger/funnel';
import type { Client } from '../client.ts';

/** A store's definition, newest and all versions. */
export type StoreNow = { definition: Definition; versions: readonly DefinitionVersion[] };

const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && 'time_zone' in value && 'stages' in value && 'funnels' in value;

const isVersion = (value: unknown): value is DefinitionVersion =>
  typeof value === 'object' &&
  value !== null &&
  'from' in value &&
  (value.from === null || typeof value.from === 'string') &&
  'definition' in value &&
  isDefinition(value.definition);

export const fetchStore = async (client: Client, store_id: string): Promise<StoreNow> => {
  const response = await client.send('GET', `/api/v1/stores/${encodeURIComponent(store_id)}`);
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'definition' in body && isDefinition(body.definition)) {
    const { definition } = body;
    if (!('versions' in body)) return { definition, versions: [{ from: null, definition }] };
    if (Array.isArray(body.versions) && body.versions.every(isVersion)) return { definition, versions: body.versions };
  }
  throw new TypeError(`the server's answer about store ${store_id} has no definition`);
};
