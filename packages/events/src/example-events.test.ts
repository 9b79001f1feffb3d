import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BUILT_IN_TYPES } from './event.ts';
import { parseEvent } from './parse.ts';

const page = readFileSync(new URL('../../../docs/events.md', import.meta.url), 'utf8');
const [, block = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];

test('every event of docs/events.md is one that is taken, and nothing of it is dropped', () => {
  const examples: unknown = JSON.parse(block);
  if (!Array.isArray(examples)) throw new TypeError('docs/events.md has no list of events');
  const context = { received_at: Date.parse('2026-12-03T00:00:00Z'), maxAgeDays: 400, storeId: 'shop' };
  for (const example of examples)
    expect(parseEvent(example, context), JSON.stringify(example)).toMatchObject({ ok: true, junk: [] });
  const shown = new Set(examples.map(({ type }) => type));
  expect(BUILT_IN_TYPES.filter((type) => !shown.has(type))).toEqual(['remove_from_cart']);
});
