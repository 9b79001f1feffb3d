import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { describe, expect, test } from 'vitest';
import { makeDefinition } from './definition.ts';

describe('makeDefinition', () => {
  test('nothing given is the default', () => {
    expect(makeDefinition()).toEqual(DEFAULT_DEFINITION);
    expect(makeDefinition({ currency: undefined })).toEqual(DEFAULT_DEFINITION);
  });

  test('a zone is kept under its canonical name', () => {
    expect(makeDefinition({ time_zone: 'EUROPE/berlin' }).time_zone).toBe('Europe/Berlin');
    expect(makeDefinition({ time_zone: 'utc' }).time_zone).toBe('UTC');
  });

  test('a stage may be listed twice', () => {
    expect(makeDefinition({ stages: ['visit', 'visit', 'purchase'] }).stages).toEqual(['visit', 'visit', 'purchase']);
  });

  test.each([
    [{ time_zone: 'Mars/Olympus' }, 'time_zone', '"Mars/Olympus"'],
    [{ time_zone: '+01:00' }, 'time_zone', 'Europe/Berlin'],
    [{ time_zone: '' }, 'time_zone', '""'],
    [{ time_zone: 5 }, 'time_zone', '5'],
    [{ currency: 'eur' }, 'currency', '"eur"'],
    [{ currency: 'XQQ' }, 'currency', 'EUR'],
    [{ stages: [] }, 'stages', 'empty'],
    [{ stages: Array.from({ length: 21 }, () => 'visit') }, 'stages', '20'],
    [{ stages: ['visit', 'buy'] }, 'stages.1', '"buy"'],
    [{ stages: ['checkout.later'] }, 'stages.0', 'checkout.contact'],
    [{ stages: ['custom:'] }, 'stages.0', 'custom:name'],
    [{ stages: 'visit' }, 'stages', 'not a list'],
    [{ funnels: [] }, 'funnels', 'empty'],
    [{ funnels: [{ unit: 'person', mode: 'ordered', window_ms: 1 }] }, 'funnels.0.unit', '"person"'],
    [{ funnels: [{ unit: 'cart', mode: 'ordered', window_ms: 0 }] }, 'funnels.0.window_ms', 'shorter'],
    [{ funnels: Array(2).fill({ unit: 'cart', mode: 'any', window_ms: 1 }) }, 'funnels', 'twice'],
    [{ idle_ms: 2_000, abandon_ms: 1_000 }, 'idle_ms', 'abandon_ms'],
    [{ abandon_ms: -1 }, 'abandon_ms', '-1'],
    [{ recovery_ms: 1.5 }, 'recovery_ms', '1.5'],
    [{ max_age_days: 0 }, 'max_age_days', '0'],
    [{ surprise: 1 }, 'surprise', 'Leave it out'],
    [{ version: 7 }, 'version', 'Leave it out'],
  ])('%j is refused, naming %s and %s', (given, field, said) => {
    const make = () => makeDefinition(given as Parameters<typeof makeDefinition>[0]);
    expect(make).toThrow(
      expect.objectContaining({ code: 'bad_definition', field, message: expect.stringContaining(said) }),
    );
    expect(make).toThrow(field);
  });
});
