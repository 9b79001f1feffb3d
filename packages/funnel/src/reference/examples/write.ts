/** `node packages/funnel/src/reference/examples/write.ts`: makes the examples of docs/definitions.md anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { DOCUMENT, withExamples } from './document.ts';

await writeFile(DOCUMENT, withExamples(await readFile(DOCUMENT, 'utf8')));
