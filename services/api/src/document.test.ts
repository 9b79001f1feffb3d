import { fileURLToPath } from 'node:url';
import { createLogger, createMetrics } from '@cartledger/service';
import { expect, test } from 'vitest';
import { createApi } from './api.ts';
import { fakeReports, noClickHouse, twoStores } from './fake.ts';

const FILE = fileURLToPath(new URL('../../../schemas/openapi.json', import.meta.url));

test('schemas/openapi.json is the document that is served (after a wanted change: vitest -u)', async () => {
  const { control } = await twoStores();
  const { app, document } = createApi(
    {
      control,
      reports: fakeReports().reports,
      clickhouse: noClickHouse,
      exportEvents: async function* () {},
      metrics: createMetrics(),
      logger: createLogger({ component: 'api', level: 'silent' }),
    },
    { dashboardDir: '/nowhere' },
  );
  await expect(`${JSON.stringify(document(), null, 2)}\n`).toMatchFileSnapshot(FILE);
  expect(await (await app.request('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(document())));
  await control.close();
});
