import { INGEST_ROUTES } from '@cartledger/operations';
import { expect, test } from 'vitest';
import { createAdminHarness } from './harness.ts';

test('what is described is served, and what is served is described', async () => {
  const h = await createAdminHarness();
  const { routes } = h.adminOf(await h.start());
  const served = routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
  const described = INGEST_ROUTES.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(served)).toEqual(new Set(described));
  expect([served.length, described.length]).toEqual([new Set(served).size, new Set(served).size]);
});

test('a query that a route does not know is refused by name', async () => {
  const h = await createAdminHarness();
  const { send } = h.adminOf(await h.start());
  for (const path of ['/status?verbose=1', '/drain?partition=1', '/audit?partitions=1'])
    expect(await send('GET', path)).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } });
});
