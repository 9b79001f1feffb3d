import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { withExamples } from './document.ts';

const DOCUMENT = fileURLToPath(new URL('../../../../../docs/definitions.md', import.meta.url));

describe('docs/definitions.md', () => {
  // `npx vitest run --project unit packages/funnel/src/reference/examples --update` makes the examples anew.
  it('shows what the reference engine answers', async () => {
    await expect(withExamples(readFileSync(DOCUMENT, 'utf8'))).toMatchFileSnapshot(DOCUMENT);
  });
});
