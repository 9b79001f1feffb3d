/** The store of a key as the collector makes it, `store_id:visitor_id`; '' for another key. */
export const keyedStore = (key: Buffer | null): string =>
  /^[a-z0-9_-]{1,64}(?=:)/.exec(key?.toString('latin1', 0, 65) ?? '')?.[0] ?? '';
