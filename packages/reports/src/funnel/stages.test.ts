import { expect, test } from 'vitest';
import { foldStages } from './stages.ts';

test('units, drops and conversions come from which stages the units hit', () => {
  const tallies = [
    { bits: 0b001, units: 5, units_any: [5, 1, 0] },
    { bits: 0b011, units: 3, units_any: [3, 3, 0] },
    { bits: 0b111, units: 2, units_any: [2, 2, 2] },
    { bits: 0, units: 4, units_any: [0, 4, 1] },
  ];
  const [visit, checkout, purchase] = foldStages(['visit', 'checkout', 'purchase'], tallies, [
    { step: 0, median: 10, p90: 90 },
  ]);
  expect(visit).toEqual({
    stage: 'visit',
    units: 10,
    units_any: 10,
    conversion_from_first: 1,
    conversion_from_previous: null,
    dropped: 5,
    median_ms_to_next: 10,
    p90_ms_to_next: 90,
  });
  expect(checkout).toMatchObject({ units: 5, units_any: 10, conversion_from_previous: 0.5, dropped: 3 });
  expect(purchase).toMatchObject({ units: 2, units_any: 3, conversion_from_previous: 0.4, dropped: 0 });
});

test('of an open funnel, conversion and drop compare units at both stages', () => {
  const [, second, third] = foldStages(
    ['a', 'b', 'c'],
    [
      { bits: 0b101, units: 4, units_any: [4, 0, 4] },
      { bits: 0b110, units: 1, units_any: [0, 1, 1] },
    ],
    [],
  );
  expect(second).toMatchObject({ units: 1, conversion_from_previous: 0, conversion_from_first: 0.25, dropped: 0 });
  expect(third).toMatchObject({ units: 5, conversion_from_previous: 1, conversion_from_first: 1.25 });
});

test('nothing counted makes zeros and nulls', () => {
  expect(foldStages(['visit'], [], [])).toEqual([
    {
      stage: 'visit',
      units: 0,
      units_any: 0,
      conversion_from_first: null,
      conversion_from_previous: null,
      dropped: 0,
      median_ms_to_next: null,
      p90_ms_to_next: null,
    },
  ]);
});
