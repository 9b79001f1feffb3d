import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locateJsonError, parseJson } from './json.ts';

/** Of the mistakes for which JSON.parse gives a place; null for the others, and for no mistake. */
const positionSaid = (text: string): number | null => {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const match = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message) : null;
    return match ? Number(match[1]) : null;
  }
};

describe('locateJsonError', () => {
  test.each([
    ['', 0],
    ['  ', 2],
    ['[1, x]', 4],
    ['{"a": 1, x}', 9],
    ['{"a" 1}', 5],
    ['{"a": 1,}', 8],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a": "b', 8],
    ['{"a": "b\n"}', 8],
    ['["\\x"]', 2],
    ['["\\u12"]', 2],
    ['[01]', 2],
    ['[1.]', 2],
    ['[+1]', 1],
    ['[1]]', 3],
    ['[1}', 2],
    ['nul', 0],
    ['[1, NaN]', 4],
  ])('%j goes wrong at %i', (text, position) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(locateJsonError(text)).toBe(position);
  });

  test('where JSON.parse itself says the place, it is this one or the start of its word, number or escape', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[],:"\\x1.-e\n '), (json, place, char) => {
        const at = place % (json.length + 1);
        const text = json.slice(0, at) + char + json.slice(at + (place % 2));
        const said = positionSaid(text);
        if (said === null) return;
        compared++;
        const found = locateJsonError(text);
        expect(found).toBeLessThanOrEqual(said);
        expect(text.slice(found, said)).toMatch(/^[\\\w.+-]*$/);
      }),
      { numRuns: 2_000, seed: 7 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test('text of any nesting is located without running out of stack', () => {
    const deep = '['.repeat(1_000_000);
    expect(locateJsonError(deep)).toBe(1_000_000);
    expect(() => parseJson(Buffer.from(deep))).toThrow('position 1000000');
  });
});

describe('parseJson', () => {
  test('the answer names line and column and quotes nothing of the text', () => {
    const parse = () => parseJson(Buffer.from('[{"email": "a@b.c"},\n {"x": secret}]'));
    expect(parse).toThrow('position 28 (line 2, column 8)');
    expect(parse).not.toThrow('secret');
  });

  test('bytes that are no UTF-8 are refused, a byte order mark is not', () => {
    expect(() => parseJson(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).toThrow('not UTF-8');
    expect(parseJson(Buffer.from('\ufeff[]'))).toEqual([]);
  });
});
