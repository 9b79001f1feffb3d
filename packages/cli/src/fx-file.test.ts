import { expect, test } from 'vitest';
import { readFxFile } from './fx-file.ts';

const read = (text: string) => readFxFile('rates.csv', text, 'ecb');

test('rates are read whatever the order of the columns, exactly as they are written', () => {
  expect(
    read(
      '\uFEFFcurrency,day,rate,base\r\nUSD,2026-11-20,0.862300000000000001,EUR\r\n\r\n JPY , 2026-11-20,"0.0055",EUR',
    ),
  ).toEqual({
    rates: [
      { source: 'ecb', day: '2026-11-20', currency: 'USD', base: 'EUR', rate: '0.862300000000000001' },
      { source: 'ecb', day: '2026-11-20', currency: 'JPY', base: 'EUR', rate: '0.0055' },
    ],
  });
});

test('everything wrong is told with its line', () => {
  const file = `day,currency,base,rate
2026-11-20,USD,EUR,0.86
2026-02-30,usd,EUR,0
2026-11-20,USD,EUR
2026-11-20,USD,EUR,0.87
2026-11-20,USD,EUR,0.86
2026-11-20,USD,EUR,0;87
2026-11-21,USD,EUR,zero
2026-11-21,USD,EUR,1.1
`;
  expect(read(file)).toEqual({
    problems: [
      'rates.csv:3: day is "2026-02-30": not a day from 1970 to 2099, give it as YYYY-MM-DD.',
      'rates.csv:3: currency is "usd": not an ISO 4217 currency code in capitals, such as USD.',
      'rates.csv:3: rate is "0": not above 0.',
      'rates.csv:4: has 3 values, not 4.',
      'rates.csv:5: rate is 0.87: line 2 says 0.86 for the same day and currencies.',
      'rates.csv:6: rate is 0.86: line 5 says 0.87 for the same day and currencies.',
      expect.stringMatching(/^rates.csv:7: rate is "0;87": not a plain decimal/),
      expect.stringMatching(/^rates.csv:8: rate is "zero": not a plain decimal/),
    ],
  });
});

test.each([
  ['', 'rates.csv:1: the columns are missing: give day,currency,base,rate.'],
  ['Date,USD\n2026-11-20,1.16', 'rates.csv:1: the columns are Date,USD: give day,currency,base,rate.'],
  ['day,currency,base,rate\n', 'rates.csv: has no rates under its columns.'],
  ['day,currency,base,rate\n"2026', 'rates.csv: Quote Not Closed'],
])('%j is no file of rates', (text, start) => {
  const result = read(text);
  expect('problems' in result ? result.problems[0] : '').toContain(start);
});
