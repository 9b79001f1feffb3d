import { expect, test } from 'vitest';
import { countsText, lettersTable, letterText } from './letter-text.ts';
import { SHOWN as letter } from './testing/canned-ingest.ts';

test('a letter is told with its reason, its remedy and its bytes', () => {
  expect(letterText(letter, 100).split('\n')).toEqual([
    'Letter     abc/0/12',
    'State      open: it has not been replayed',
    'Reason     unknown_store, at store_id',
    '           store_id ("nobody") is no store here; create it, or mend store_id',
    'What to do Make it, then replay.',
    'Store      nobody',
    'Set aside  2026-11-22 10:00:00 UTC',
    'Received   2026-11-22 09:59:00 UTC',
    'Origin     storefront-events (abc), partition 0, offset 12',
    'Key        nobody:v1',
    'Value, 21 bytes:',
    '{"store_id":"nobody"}',
  ]);
});

test('what would steer a terminal does not, and what is no text is base64', () => {
  const text = letterText(
    { ...letter, key: { encoding: 'base64', data: '/w==' }, value: { encoding: 'utf8', data: 'a\u001b[2Jb\nc' } },
    100,
  );
  expect(text).toContain('Key        base64: /w==');
  expect(text.endsWith('Value, 21 bytes:\na\uFFFD[2Jb\nc')).toBe(true);
});

test('a stub, a loss and a second failure say what they are', () => {
  const stub = letterText({ ...letter, value: null, stub: { sha256: 'f00', bytes: 1_200_000 } }, 100);
  expect(stub).toContain('1,200,000 bytes, SHA-256 f00');
  expect(letterText({ ...letter, state: 'lost', replay: 1, lost_because: 'gone' }, 100)).toContain(
    'State      lost: the log does not have its bytes any more',
  );
  expect(letterText({ ...letter, state: 'replayed', replay: 1, failed_again_as: 'abc/0/99' }, 100)).toContain(
    'State      replayed (replay 1), and failed again: see 0/99',
  );
});

test('a list says how many there are of each reason', () => {
  expect(
    countsText({
      total: 1_203,
      older: 0,
      reasons: [{ reason: 'too_old', open: 1_200, replayed: 3, lost: 0, erased: 0 }],
    }),
  ).toBe('1,203 letters (times are UTC)\n  too_old: 1,200 open, 3 replayed');
  const row = lettersTable([{ ...letter, stub: true, replay_of: 'abc/0/3' }]).split('\n')[3];
  expect(row?.split('│').map((cell) => cell.trim())).toEqual([
    '',
    '0/12',
    '2026-11-22 10:00:00',
    'unknown_store',
    'store_id',
    'nobody',
    '21',
    'open, stub, replay of 0/3',
    '',
  ]);
});
