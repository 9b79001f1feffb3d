import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DOCUMENT, withExamples } from './document.ts';

describe('docs/definitions.md', () => {
  it('shows what the reference engine answers (else: node packages/funnel/src/reference/examples/write.ts)', () => {
    const document = readFileSync(DOCUMENT, 'utf8');
    expect(withExamples(document)).toBe(document);
  });
});
