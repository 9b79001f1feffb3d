import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { correctedTime, eventTime, parseTime, readReceivedAt } from './time.ts';

const NOW = Date.UTC(2026, 5, 1, 12);

describe('a time of the wire', () => {
  test.each<[unknown, number]>([
    [NOW, NOW],
    [0, 0],
    ['2026-06-01T12:00:00Z', NOW],
    ['2026-06-01t12:00:00z', NOW],
    ['2026-06-01 12:00:00Z', NOW],
    ['2026-06-01T12:00:00.5Z', NOW + 500],
    ['2026-06-01T12:00:00.123999999Z', NOW + 123],
    ['2026-06-01T17:30:00+05:30', NOW],
    ['2026-06-01T05:00:00.000-07:00', NOW],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['1969-12-31T23:30:00-01:00', 1_800_000],
  ])('%s is taken', (sent, ms) => {
    expect(parseTime(sent)).toBe(ms);
  });

  test.each<[unknown]>([
    ['2026-06-01'],
    ['2026-06-01T12:00Z'],
    ['2026-06-01T12:00:00'],
    ['2026-06-01T12:00:00.Z'],
    ['2026-06-01T12:00:00Z '],
    ['2026-06-01T12:00:00+0530'],
    ['2026-06-01T12:00:00+24:00'],
    ['2026-06-01T24:00:00Z'],
    ['2026-06-01T12:60:00Z'],
    ['2026-06-01T12:00:60Z'],
    ['2026-13-01T12:00:00Z'],
    ['2026-02-29T12:00:00Z'],
    ['2100-02-29T12:00:00Z'],
    ['0075-01-01T00:00:00Z'],
    ['+02026-01-01T00:00:00Z'],
    ['٢٠٢٦-06-01T12:00:00Z'],
    [String(NOW)],
    [NOW + 0.5],
    [-1],
    [Date.UTC(2100, 0, 1)],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [null],
    [undefined],
    [new Date(NOW)],
    [{}],
  ])('%s is none', (sent) => {
    expect(parseTime(sent)).toBeNull();
  });

  test('says of any date written by Date what Date says of it', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2099-12-31T23:59:59.999Z') }), (date) => {
        fc.pre(!Number.isNaN(date.getTime()));
        expect(parseTime(date.toISOString())).toBe(date.getTime());
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  test('is taken just where a pattern and a round trip through Date take it', () => {
    const pattern =
      /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
    const two = fc.integer({ min: 0, max: 62 }).map((n) => String(n).padStart(2, '0'));
    const written = fc
      .tuple(
        fc.integer({ min: 1965, max: 2105 }),
        fc.array(two, { minLength: 5, maxLength: 5 }),
        fc.constantFrom('', '.', '.1', '.9999', '.12345678901'),
        fc.constantFrom('Z', 'z', '', '+01:00', '-11:59', '+1:00', '+23:60'),
      )
      .map(
        ([year, [month, day, hour, minute, second], fraction, zone]) =>
          `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${zone}`,
      );
    fc.assert(
      fc.property(written, (text) => {
        const [, year, month, day] = pattern.exec(text) ?? [];
        const rolled = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
        const isDay = rolled.getUTCMonth() === Number(month) - 1 && rolled.getUTCDate() === Number(day);
        const ms = isDay ? Date.parse(text.toUpperCase()) : Number.NaN;
        expect(parseTime(text)).toBe(ms >= 0 && ms < Date.UTC(2100, 0, 1) ? ms : null);
      }),
      { seed: 7, numRuns: 5_000 },
    );
  });
});

describe('the time of an event', () => {
  test('is the client’s own where its clock is not told, or right to two seconds', () => {
    expect(eventTime({ occurred_at: NOW - 5_000, received_at: NOW })).toBe(NOW - 5_000);
    expect(eventTime({ occurred_at: NOW - 5_000, sent_at: NOW - 2_000, received_at: NOW })).toBe(NOW - 5_000);
    expect(eventTime({ occurred_at: NOW - 5_000, sent_at: NOW + 2_000, received_at: NOW })).toBe(NOW - 5_000);
  });

  test('has the clock’s error taken out where it is more', () => {
    expect(eventTime({ occurred_at: NOW - 5_000, sent_at: NOW - 2_001, received_at: NOW })).toBe(NOW - 2_999);
    expect(eventTime({ occurred_at: NOW + 60_000, sent_at: NOW + 61_000, received_at: NOW })).toBe(NOW - 1_000);
  });

  test('never lies after its receipt, while the corrected one shows the claim', () => {
    const ahead = { occurred_at: NOW + 9_000, received_at: NOW };
    expect(eventTime(ahead)).toBe(NOW);
    expect(correctedTime(ahead)).toBe(NOW + 9_000);
  });
});

test('an imported event brings its receipt along, in either form', () => {
  expect(readReceivedAt({ received_at: NOW })).toBe(NOW);
  expect(readReceivedAt({ received_at: '2026-06-01T12:00:00Z' })).toBe(NOW);
  expect(readReceivedAt({})).toBeNull();
  expect(readReceivedAt(null)).toBeNull();
});
