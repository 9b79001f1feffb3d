/** Records as a producer may write them. */
import { MAX_AHEAD_MS, MAX_TIME } from '@cartledger/events';
import fc from 'fast-check';
import { oddEvents } from './odd-events.ts';
import { DAY_MS, NOW, oneOf } from './odd-values.ts';

/** JSON as bytes, in which the marked places are no UTF-8. */
export const toBytes = (text: string): Buffer =>
  Buffer.from(Buffer.from(text).toString('latin1').replaceAll('\u00ee\u0080\u0080', '\u00c0\u00af'), 'latin1');

const oddHeaders: fc.Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ 'cartledger-received-at': String(NOW) }) },
  fc.dictionary(
    oneOf('cartledger-received-at', 'cartledger-junk-ids', 'cartledger-import', 'traceparent', 'cartledger-received-a'),
    oneOf(
      '',
      '0',
      '1',
      '2',
      '12',
      '999',
      '1000',
      '-1',
      '1.5',
      'x',
      '01',
      String(NOW),
      String(NOW - 5 * DAY_MS),
      `0${NOW}`,
      String(NOW + MAX_AHEAD_MS + 1),
      String(MAX_TIME),
      '9'.repeat(15),
      'x'.repeat(80),
    ),
    { maxKeys: 4 },
  ),
);

export const oddRecords: fc.Arbitrary<{ value: Buffer; headers: Record<string, Buffer>; timestamp: number }> = fc
  .record({
    value: oddEvents().map(toBytes),
    headers: oddHeaders,
    timestamp: fc.oneof(
      { weight: 5, arbitrary: fc.constant(NOW) },
      fc.constantFrom(-1, 0, MAX_TIME - 1, MAX_TIME, NOW - DAY_MS),
    ),
  })
  .map(({ value, headers, timestamp }) => ({
    value,
    timestamp,
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  }));
