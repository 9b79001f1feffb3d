/** `node packages/events/src/generate-schemas.ts`: writes schemas/events anew. */
import { mkdir, writeFile } from 'node:fs/promises';
import { jsonSchemas, printSchema } from './json-schema.ts';

const folder = new URL('../../../schemas/events/', import.meta.url);

await mkdir(folder, { recursive: true });
for (const [file, schema] of jsonSchemas()) await writeFile(new URL(file, folder), printSchema(schema));
