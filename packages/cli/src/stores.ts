import type { DefinitionInput } from '@cartledger/control';
import type { Definition, DefinitionVersion } from '@cartledger/funnel';
import type { Client } from './client.ts';

/** A store's definition, newest and all versions, oldest first. */
export type StoreAnswer = { definition: Definition; versions: readonly DefinitionVersion[] };

const storePath = (store: string): string => `/api/v1/stores/${encodeURIComponent(store)}`;

const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && 'time_zone' in value && 'stages' in value && 'funnels' in value;

const isVersion = (value: unknown): value is DefinitionVersion =>
  typeof value === 'object' &&
  value !== null &&
  'from' in value &&
  (value.from === null || typeof value.from === 'string') &&
  'definition' in value &&
  isDefinition(value.definition);

const answerOf = async (response: Response, store: string): Promise<StoreAnswer> => {
  const body: unknown = await response.json();
  if (typeof body === 'object' && body !== null && 'definition' in body && isDefinition(body.definition)) {
    const { definition } = body;
    if ('versions' in body && Array.isArray(body.versions) && body.versions.every(isVersion))
      return { definition, versions: body.versions };
  }
  throw new TypeError(`the server's answer about store ${store} has no definition`);
};

export const fetchStore = async (client: Client, store: string): Promise<StoreAnswer> =>
  answerOf(await client.send('GET', storePath(store)), store);

export const createStore = async (client: Client, store_id: string, given: DefinitionInput): Promise<StoreAnswer> =>
  answerOf(await client.send('POST', '/api/v1/stores', { json: { store_id, ...given } }), store_id);

/** Changes the definition from a local day on; without a day for all history. */
export const defineStore = async (
  client: Client,
  store: string,
  change: DefinitionInput,
  from: string | undefined,
): Promise<StoreAnswer> =>
  answerOf(
    await client.send('PUT', `${storePath(store)}/definition`, {
      json: { ...change, ...(from !== undefined && { from }) },
    }),
    store,
  );
