import { DEFAULT_DEFINITION } from '@cartledger/funnel';
import { expect, test } from 'vitest';
import { ReportError } from '../errors.ts';
import { abandonmentFigure } from './abandonment-figures.ts';
import { atCursor, BEFORE_ALL, readCursor, writeCursor } from './cursor.ts';
import { parseFigure } from './figure.ts';
import { revenueFigure } from './revenue-figures.ts';

const query = { store_id: 's', definition: DEFAULT_DEFINITION, from: '2026-01-01', to: '2026-01-31' };

test('a comma belongs to a value unless a key follows it', () => {
  expect([...parseFigure('last_page=/a,b=c,currency=EUR')]).toEqual([
    ['last_page', '/a,b=c'],
    ['currency', 'EUR'],
  ]);
});

test('a figure is normalised whatever the order of its pairs', () => {
  expect(abandonmentFigure(parseFigure('currency=EUR,point=cart')).of).toBe('point=cart,currency=EUR');
  expect(revenueFigure(parseFigure('figure=left,stage=cart,currency=EUR'), 'refund').of).toBe(
    'stage=cart,currency=EUR,figure=left',
  );
});

test('a pair given twice, without a key or with an unknown one is refused', () => {
  for (const text of ['figure=lost,figure=idle', 'lost', '=lost', 'colour=red', ''])
    expect(() => parseFigure(text)).toThrow(/^figure: /);
});

test('amounts have a currency, counts have none', () => {
  expect(abandonmentFigure(parseFigure('figure=contactable')).currency).toBeNull();
  expect(abandonmentFigure(parseFigure('figure=contactable,currency=JPY')).currency).toBe('JPY');
  expect(revenueFigure(parseFigure('currency=EUR,orders=count'), 'refund').currency).toBeNull();
});

test('a cursor is read as it was written, by the same figure and query only', () => {
  const place = { at: 5, part: 1, id: 'o,"1', tie: '["a",1]' };
  const cursor = writeCursor('revenue orders=net', query, place);
  expect(readCursor(cursor, 'revenue orders=net', query)).toEqual(place);
  expect(readCursor(undefined, 'revenue orders=net', query)).toEqual(BEFORE_ALL);
  expect(() => readCursor(cursor, 'revenue orders=count', query)).toThrow(/no page/);
  expect(() => readCursor(cursor, 'revenue orders=net', { ...query, store_id: 't' })).toThrow(/no page/);
  const newer = { ...DEFAULT_DEFINITION, version: 2 };
  expect(() => readCursor(cursor, 'revenue orders=net', { ...query, definition: newer })).toThrow(/no page/);
});

test('a later page is asked for at the T of the first, and begun again once that is past', async () => {
  const place = { at: 5, part: 0, id: 'a', tie: '' };
  const asOf = Date.parse('2026-02-01T12:00:00.000Z');
  const cursor = writeCursor('revenue orders=net', { ...query, as_of: asOf }, place);
  const standsAt = (asked: { as_of?: number }, given: string | undefined) =>
    atCursor({ ...query, ...asked }, given, (at) => Promise.resolve(at.as_of));
  expect(await standsAt({}, cursor)).toBe(asOf);
  expect(await standsAt({}, undefined)).toBeUndefined();
  // What is no cursor, or one of another T than is asked for, is told so by readCursor.
  expect(await standsAt({}, 'x')).toBeUndefined();
  expect(await standsAt({ as_of: asOf + 1 }, cursor)).toBe(asOf + 1);
  expect(() => readCursor(cursor, 'revenue orders=net', { ...query, as_of: asOf + 1 })).toThrow(/no page/);

  const past = () => Promise.reject(new ReportError('bad_as_of', 'as_of', 'as_of is before the last event'));
  await expect(atCursor(query, cursor, past)).rejects.toMatchObject({
    code: 'bad_cursor',
    field: 'cursor',
    message: expect.stringMatching(/as of 2026-02-01T12:00:00.000Z, .* begin again without cursor/),
  });
  await expect(atCursor({ ...query, as_of: asOf }, undefined, past)).rejects.toMatchObject({ code: 'bad_as_of' });
});
