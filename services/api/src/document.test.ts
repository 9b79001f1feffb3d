import { fileURLToPath } from 'node:url';
import { createLogger, createMetrics } from '@cartledger/service';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApi } from './api.ts';
import { fakeReports, noClickHouse, twoStores } from './fake.ts';

const FILE = fileURLToPath(new URL('../../../schemas/openapi.json', import.meta.url));

let stores: Awaited<ReturnType<typeof twoStores>>;
beforeEach(async () => {
  stores = await twoStores();
});
afterEach(() => stores.control.close());

const setUp = () =>
  createApi(
    {
      control: stores.control,
      reports: fakeReports().reports,
      clickhouse: noClickHouse,
      exportEvents: async function* () {},
      metrics: createMetrics(),
      logger: createLogger({ component: 'api', level: 'silent' }),
    },
    { dashboardDir: '/nowhere' },
  );

test('schemas/openapi.json is the document that is served (after a wanted change: vitest -u)', async () => {
  const { app, document } = setUp();
  await expect(`${JSON.stringify(document(), null, 2)}\n`).toMatchFileSnapshot(FILE);
  expect(await (await app.request('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(document())));
});

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Paths to properties and parameters that say nothing about themselves; a reference speaks for what it refers to. */
const undescribed = (value: unknown, path: string): string[] => {
  if (!isRecord(value)) return [];
  const silent = (of: unknown): boolean => isRecord(of) && !['description', '$ref', 'allOf'].some((said) => said in of);
  const { properties, parameters } = value;
  const fields = isRecord(properties) ? Object.entries(properties) : [];
  const asked = Array.isArray(parameters) ? parameters.map((p: unknown): [string, unknown] => ['parameter', p]) : [];
  return [
    ...[...fields, ...asked].filter(([, of]) => silent(of)).map(([name]) => `${path}/${name}`),
    ...Object.entries(value).flatMap(([key, inner]) => undescribed(inner, `${path}/${key}`)),
  ];
};

test('every field and every parameter is described', () => {
  const document: unknown = JSON.parse(JSON.stringify(setUp().document()));
  expect(undescribed(document, '')).toEqual([]);
});
