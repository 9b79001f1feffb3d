/** Values of fields as JSON texts, good ones and odd ones. */
import { MAX_AHEAD_MS, MAX_MONEY, MAX_QUANTITY, MAX_REVISION, MAX_TIME, MIN_TIME } from '@cartledger/events';
import fc from 'fast-check';

export const NOW = Date.UTC(2026, 5, 15, 12);
export const DAY_MS = 86_400_000;

/** Becomes bytes that are no UTF-8. */
const BROKEN = '\ue000';

export type Json = fc.Arbitrary<string>;
export const quoted = (text: string): string => JSON.stringify(text);
const escaped = (text: string): string =>
  `"${Array.from(text, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;
export const oneOf = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

export const goodId = fc.stringMatching(/^[a-z][A-Za-z0-9_.:-]{1,12}$/);
const WORDS = ['', ' ', 'x', 'Töpfe "9"', '漢字', '😀', 'a\u2028b', '\u007f', 'a\tb', 'back\\slash', 'x'.repeat(200)];
export const goodText = fc.oneof(
  oneOf('home', 'Oak Blanket', '/products/p-1', 'Töpfe', '漢字 😀'),
  fc.string({ maxLength: 8 }),
);

export const NO_STRINGS = ['null', 'true', '1', '[]', '{}', '1.5', 'nul', '"', ''];
const ODD_IDS = [
  ...['undefined', 'null', 'NaN', '[object Object]', '0', '-', '', ' ', '   ', ' a', '\u00a0', 'n', 'undefine', '00'],
  ...[
    'me@example.com',
    'me%40example.com',
    'a@b',
    'a%b',
    'ü',
    '漢',
    'a\u0000',
    'a\u007f',
    'a"b',
    'a\\b',
    'a/b',
    BROKEN,
  ],
  ...[63, 64, 65, 127, 128, 129].flatMap((n) => ['x'.repeat(n), 'ü'.repeat(n), '0'.repeat(n)]),
];
export const ODD_ID_JSONS = [...ODD_IDS.map(quoted), ...NO_STRINGS, '"\\ud800"', '"\\u0061"'];
export const oddId: Json = fc.oneof(oneOf(...ODD_ID_JSONS), goodId.map(escaped));
export const oddText: Json = fc.oneof(
  oneOf(...WORDS, BROKEN).map(quoted),
  oneOf(...WORDS).map(escaped),
  fc.string({ unit: 'binary' }).map(quoted),
  oneOf(...NO_STRINGS, '"\\ud800"', '"\\/"', '"a\nb"', '"\\x"'),
);
export const ODD_NUMBERS = [
  ...['0', '-0', '00', '01', '1.0', '1e3', '1E2', '1e-1', '-1', '+1', '.5', '1.', '1e400', '0x10', 'NaN', '"5"'],
  ...[MAX_MONEY, MAX_QUANTITY, MAX_REVISION, 999_999_999_999_999, 2 ** 53].flatMap((n) => [String(n), String(n + 1)]),
  ...['1000000000000000', '12345678901234567890', '9007199254740993', ...NO_STRINGS],
];
export const oddNumber: Json = oneOf(...ODD_NUMBERS);
const around = (ms: number): string[] => [ms - 1, ms, ms + 1].map(String);
export const ODD_TIMES = [
  ...[0, MIN_TIME, MAX_TIME, NOW + MAX_AHEAD_MS, NOW - 400 * DAY_MS, NOW - 2_000, NOW + 2_000].flatMap(around),
  ...['"2026-06-15T12:00:00Z"', '"2026-06-15T12:00:00.5+02:00"', '"2026-02-30T12:00:00Z"', '"soon"'],
  ...ODD_NUMBERS,
];
export const oddTime: Json = oneOf(...ODD_TIMES);

/** Members in the order given. */
export const object = (members: readonly (readonly [string, string])[]): string =>
  `{${members.map(([name, value]) => `${quoted(name)}:${value}`).join(',')}}`;

export type Members = readonly (readonly [string, string])[];

export const ODD_PROPERTIES = [
  ...[
    '{"a":1,"a":2}',
    '{"a":{"b":1,"b":1}}',
    '{"b":1,"1":2}',
    '{"a":-0}',
    '{"a":-5}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a": 1}',
  ],
  ...[
    '{"__proto__":1}',
    '{"toJSON":1}',
    '{"":1}',
    '{"a":[1,[2,{"c":null}]]}',
    '{"a":[1,]}',
    '{"a"}',
    '{"a":1,}',
    '[]',
    'null',
  ],
  ...[
    '{"a":"\u2028"}',
    '{"a":"\\u0041"}',
    '{"a":"\\ud800"}',
    `{"a":"${BROKEN}"}`,
    '{"a":01}',
    '{"a":tru}',
    '{,}',
    '{"ab":1,"a":2,"b":3}',
  ],
  ...[5, 6, 7, 31, 32, 33].map((depth) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`),
  ...[8_191, 8_192, 8_193].map((bytes) => `{"a":"${'x'.repeat(bytes - 8)}"}`),
  ...[15, 16, 17].map((names) => object(Array.from({ length: names }, (_, i) => [`n${i}`, '1'] as const))),
];
export const oddProperties: Json = oneOf(...ODD_PROPERTIES);
