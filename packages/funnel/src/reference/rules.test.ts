import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Rows of the tables, without their heads. */
const rows = read('RULES.md')
  .split('\n')
  .filter((row) => row.startsWith('| ') && !row.startsWith('| rule |') && !row.startsWith('| ---'));

/** `file` and test name, of every test that RULES.md names. */
const named = rows
  .filter((row) => row.includes(' | `'))
  .flatMap((row) => row.slice(row.indexOf(' | `') + 3, -2).split('<br>'))
  .map((test) => /^`(?<file>[a-z/-]+)` (?<name>.+)$/.exec(test)?.groups ?? { file: '', name: test });

/** A test beside this one, or by its path in the repository. */
const sourceOf = (file = ''): string => read(file.includes('/') ? `../../../../${file}.test.ts` : `${file}.test.ts`);

describe('the table of rules', () => {
  it('has a test in every row', () => {
    expect(rows.filter((row) => !/ \| `[a-z/-]+` /.test(row))).toEqual([]);
  });

  it('names tests that exist', () => {
    expect(named.length).toBeGreaterThan(150);
    const missing = named.filter(
      ({ file, name }) => !['it', 'test'].some((call) => sourceOf(file).includes(`${call}('${name}'`)),
    );
    expect(missing).toEqual([]);
  });
});
