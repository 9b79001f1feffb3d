import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { jsonSchemas, printSchema } from './json-schema.ts';

const folder = new URL('../../../schemas/events/', import.meta.url);

test('the published schemas are what the code says; else: node packages/events/src/generate-schemas.ts', async () => {
  const schemas = jsonSchemas();
  expect(new Set(await readdir(folder))).toEqual(new Set(schemas.keys()));
  for (const [file, schema] of schemas) {
    expect(await readFile(new URL(file, folder), 'utf8'), file).toBe(printSchema(schema));
  }
});
