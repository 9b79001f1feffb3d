import { DEFAULT_DEFINITION, type Definition } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { setChanges, versionsMade } from './set-changes.ts';

test('what a change does is told by the days on which it does it', () => {
  const version = (n: number, from: string | null, fields: Partial<Definition>) => ({
    from,
    definition: { ...DEFAULT_DEFINITION, ...fields, version: n },
  });
  const answer = (...versions: ReturnType<typeof version>[]) => ({
    definition: versions.at(-1)?.definition ?? DEFAULT_DEFINITION,
    versions,
  });
  const old = [
    version(1, null, {}),
    version(2, '2026-11-01', { abandon_ms: 7_200_000 }),
    version(3, '2026-12-01', { abandon_ms: 7_200_000, idle_ms: 60_000 }),
  ];
  const fields = { idle_ms: 1_200_000, currency: 'JPY' };
  const before = answer(...old);
  const after = answer(
    ...old,
    version(4, '2026-10-15', fields),
    version(5, '2026-11-01', { abandon_ms: 7_200_000, ...fields }),
  );
  expect(setChanges(before, after)).toEqual([
    'for all history: currency: EUR -> JPY',
    'from 2026-10-15 to 2026-11-30: idle: 30m -> 20m',
    'from 2026-12-01: idle: 1m -> 20m',
  ]);
  expect(versionsMade(before, after)).toBe(
    'version 4 of its definition, in force from 2026-10-15 to 2026-10-31, and version 5 of its definition, in force from 2026-11-01 on',
  );
  const all = answer(version(1, null, {}), version(2, null, { idle_ms: 5 }));
  expect(setChanges(answer(version(1, null, {})), all)).toEqual(['for all history: idle: 30m -> 5ms']);
  const split = answer(
    version(1, null, {}),
    version(2, '2026-11-01', {}),
    version(3, null, fields),
    version(4, '2026-11-01', fields),
  );
  expect(versionsMade(answer(version(1, null, {})), split)).toContain(
    'version 3 of its definition, in force before 2026-11-01, and',
  );
});
