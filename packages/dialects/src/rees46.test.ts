import { readFile } from 'node:fs/promises';
import { parseEvent, parseTime } from '@cartledger/events';
import { describe, expect, test } from 'vitest';
import type { Converted, ImportEvent } from './converted.ts';
import { rees46 } from './rees46.ts';

const fixture = await readFile(new URL('../fixtures/rees46.csv', import.meta.url), 'utf8');
const [header = '', ...rows] = fixture.split('\n');

async function* bytesOf(text: string, chunkBytes = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
}

const convert = async (
  text: string,
  options: { currency?: string; chunkBytes?: number } = {},
): Promise<Converted[]> => {
  const { chunkBytes, ...rest } = options;
  const converted: Converted[] = [];
  for await (const one of rees46(bytesOf(text, chunkBytes), { store_id: 'shop', ...rest })) converted.push(one);
  return converted;
};
const eventsOf = (converted: readonly Converted[]): ImportEvent[] =>
  converted.flatMap((one) => (one.ok ? [one.event] : []));
const ordersOf = (converted: readonly Converted[]): ImportEvent[] =>
  eventsOf(converted).filter((event) => event.type === 'purchase');
const file = (...lines: string[]): string => [header, ...lines].join('\n');
const at = (clock: string): number => parseTime(`2019-11-01T${clock}Z`) ?? Number.NaN;

describe('REES46 rows', () => {
  test('become events: views, adds, removes, and one order a session and second', async () => {
    const converted = await convert(fixture);
    expect(eventsOf(converted).map(({ type, visitor_id, session_id }) => [type, visitor_id, session_id])).toEqual([
      ['product_view', '9001', 's-one'],
      ['product_view', '9002', 's-two'],
      ['product_view', '9002', 's-two'],
      ['add_to_cart', '9001', 's-one'],
      ['remove_from_cart', '9001', 's-one'],
      ['product_view', '9003', 's-three'],
      ['purchase', '9001', 's-one'],
      ['purchase', '9002', 's-two'],
      ['purchase', '9001', 's-one'],
    ]);
    expect(eventsOf(converted)[3]).toMatchObject({
      store_id: 'shop',
      occurred_at: at('10:00:09'),
      received_at: at('10:00:09'),
      source: 'import',
      currency: 'USD',
      items: [{ product_id: '1001', category: 'electronics.smartphone', quantity: 1, unit_price: 12_990 }],
      properties: { brand: 'acme', category_id: '501' },
    });
  });

  test('of one purchase are one order, also with other rows between, and a repeated row is one line', async () => {
    expect(ordersOf(await convert(fixture))[0]).toMatchObject({
      items: [
        { product_id: '1001', quantity: 1, unit_price: 12_990 },
        { product_id: '1003', quantity: 1, unit_price: 1_900 },
      ],
      amounts: { total: 14_890 },
    });
  });

  test('become events that the parser takes, and an event counts at its own time', async () => {
    for (const event of eventsOf(await convert(fixture))) {
      const parsed = parseEvent(event, { received_at: Number(event.received_at), maxAgeDays: null });
      expect(parsed).toMatchObject({ ok: true, junk: [] });
      expect(event.received_at).toBe(event.occurred_at);
    }
  });

  test('that cannot be read are told with their line and reason, and take nothing else along', async () => {
    const problems = (await convert(fixture)).filter((one) => !one.ok);
    expect(problems.map(({ line, reason }) => [line, reason])).toEqual([
      [13, 'malformed_csv'],
      [14, 'unknown_event_type'],
      [15, 'bad_price'],
      [16, 'bad_time'],
      [17, 'bad_id'],
      [18, 'bad_price'],
      [19, 'wrong_columns'],
    ]);
    expect(problems.at(-1)?.message).toBe('line 19: 7 columns instead of 9; the line is cut off or has a stray comma');
  });
});

describe('ids', () => {
  test('are the same at every import, in chunks of any size', async () => {
    expect(await convert(fixture, { chunkBytes: 7 })).toEqual(await convert(fixture));
  });

  test('are the same for rows that repeat exactly, and for no others', async () => {
    const events = eventsOf(await convert(fixture));
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length - 1);
    expect(events[1]?.event_id).toBe(events[2]?.event_id);
    const orders = ordersOf(await convert(fixture));
    expect(new Set(orders.map(({ order_id }) => order_id)).size).toBe(3);
  });

  test('do not depend on the order of columns or on quotes', async () => {
    const swap = (line: string) => line.split(',').reverse().join(',');
    const plain = rows.slice(0, 7);
    const swapped = [header, ...plain].map(swap).join('\n');
    const quoted = file(...plain.map((line) => line.replace('view', '"view"')));
    expect(await convert(swapped)).toEqual(await convert(file(...plain)));
    expect(await convert(quoted)).toEqual(await convert(file(...plain)));
  });

  test('do not depend on the order of a purchase’s rows', async () => {
    const [first = '', , , second = ''] = rows.slice(5);
    const forth = ordersOf(await convert(file(first, second)));
    const back = ordersOf(await convert(file(second, first)));
    expect(back).toHaveLength(1);
    expect(back[0]?.event_id).toBe(forth[0]?.event_id);
  });

  test('of an order torn apart by disorder are one order id, and the fullest telling has the highest revision', async () => {
    const [first = '', , , second = ''] = rows.slice(5);
    const [whole, part] = ordersOf(await convert(file(first, second, rows[0] ?? '', first)));
    expect(part?.order_id).toBe(whole?.order_id);
    expect(part?.event_id).not.toBe(whole?.event_id);
    expect([whole?.revision, part?.revision]).toEqual([1, undefined]);
  });

  test('of a file written twice into one are those of the file', async () => {
    const sorted = [...rows.slice(0, 11)];
    const once = eventsOf(await convert(file(...sorted)));
    const twice = eventsOf(await convert(file(...sorted, ...sorted)));
    expect(new Set(twice.map(({ event_id }) => event_id))).toEqual(new Set(once.map(({ event_id }) => event_id)));
  });
});

describe('the file', () => {
  test('must name its columns', async () => {
    const [problem, ...rest] = await convert('event_time,price\n1,2\n');
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({ ok: false, line: 1, reason: 'bad_header' });
    expect(problem?.ok === false && problem.message).toContain('lacks event_type, product_id');
  });

  test('may be empty, have a byte order mark and returns', async () => {
    expect(await convert('')).toEqual([]);
    const windows = `\ufeff${file(...rows.slice(0, 3)).replaceAll('\n', '\r\n')}`;
    expect(await convert(windows)).toEqual(await convert(file(...rows.slice(0, 3))));
  });

  test('is priced in the currency asked for, whose decimals a price must fit', async () => {
    const [kwd] = eventsOf(await convert(file(rows[0] ?? ''), { currency: 'KWD' }));
    expect(kwd).toMatchObject({ currency: 'KWD', items: [{ unit_price: 129_900 }] });
    const [jpy] = await convert(file(rows[0] ?? ''), { currency: 'JPY' });
    expect(jpy).toMatchObject({ ok: false, reason: 'bad_price' });
    await expect(convert(fixture, { currency: 'XXX' })).rejects.toThrow('XXX is no ISO 4217 code');
  });
});
