import { DEFAULT_DEFINITION, type DefinitionVersion, type Funnel } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { planFunnel } from './funnel/plan.ts';
import type { ReportQuery } from './query.ts';
import { byStandingVersions, versionNumbers } from './versions.ts';

const DAILY: Funnel = { unit: 'visitor', mode: 'any', window_ms: 86_400_000 };
const NEWEST = { ...DEFAULT_DEFINITION, version: 2, stages: ['visit', 'custom:search', 'purchase'], funnels: [DAILY] };
const versions: DefinitionVersion[] = [
  { from: null, definition: DEFAULT_DEFINITION },
  { from: null, definition: NEWEST },
];
const asked: ReportQuery = { store_id: 's', definition: NEWEST, versions, from: '2027-02-01', to: '2027-02-28' };

test('while a version is being worked in, reports are planned by those that the ledgers were made by', () => {
  const standing = byStandingVersions(asked, 1);
  expect(versionNumbers(standing)).toEqual([1]);
  expect(planFunnel(standing)).toMatchObject({
    key: 'visitor/ordered/604800000',
    stages: DEFAULT_DEFINITION.stages,
    definition_versions: [1],
    kept: true,
  });
});

test('a version that is not worked in yet is computed from the events when it is asked for by number', () => {
  const pending = { ...byStandingVersions(asked, 1), definition_version: 2 };
  expect(planFunnel(pending)).toMatchObject({ stages: NEWEST.stages, definition_versions: [2], kept: false });
});

test('ledgers of the newest version, of none yet, or of one that is newer than what is known change nothing', () => {
  for (const made of [2, null, 3]) expect(byStandingVersions(asked, made)).toBe(asked);
});
