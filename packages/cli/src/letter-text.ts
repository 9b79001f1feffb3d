import type { Letter, LetterPage, ShownLetter } from '@cartledger/operations';
import { type Cell, type Column, plain, table } from './output.ts';
import { printCount } from './span.ts';
import { wrapped } from './wrapped.ts';

const COLUMNS: readonly Column[] = [
  { name: 'letter' },
  { name: 'set aside' },
  { name: 'reason' },
  { name: 'field' },
  { name: 'store' },
  { name: 'bytes', align: 'right' },
  { name: 'state' },
];

/** `2026-11-22 10:00:00`, UTC. */
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const offsetOf = (id: string): string => id.split('/').slice(-2).join('/');

const stateOf = ({ state, stub, replay_of }: Letter): string =>
  [state, ...(stub ? ['stub'] : []), ...(replay_of === null ? [] : [`replay of ${offsetOf(replay_of)}`])].join(', ');

const rowOf = (letter: Letter): Cell[] => [
  letter.short_id,
  time(letter.set_aside_at),
  letter.reason,
  letter.field,
  letter.store_id,
  printCount(letter.bytes),
  stateOf(letter),
];

const counted = ({ reason, open, replayed, lost, erased }: LetterPage['reasons'][number]): string => {
  const parts = [
    [open, 'open'],
    [replayed, 'replayed'],
    [lost, 'lost'],
    [erased, 'erased'],
  ] as const;
  return `${reason}: ${parts.flatMap(([n, word]) => (n === 0 ? [] : [`${printCount(n)} ${word}`])).join(', ')}`;
};

/** How many letters there are, by reason. */
export const countsText = ({ total, reasons, older }: Pick<LetterPage, 'total' | 'reasons' | 'older'>): string =>
  [
    `${printCount(total)} ${total === 1 ? 'letter' : 'letters'} (times are UTC)`,
    ...reasons.map((one) => `  ${counted(one)}`),
    ...(older === 0 ? [] : [`  ${printCount(older)} older ones are not looked at`]),
  ].join('\n');

export const lettersTable = (letters: readonly Letter[]): string => table(COLUMNS, letters.map(rowOf));

const LABEL_WIDTH = 11;

const line = (label: string, text: string, width: number): string[] =>
  wrapped(plain(text), Math.max(20, width - LABEL_WIDTH)).map(
    (part, i) => `${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${part}`,
  );

const STATE_WORDS = {
  open: () => 'open: it has not been replayed',
  replayed: ({ replay, failed_again_as }: ShownLetter) =>
    failed_again_as === null
      ? `replayed (replay ${replay})`
      : `replayed (replay ${replay}), and failed again: see ${offsetOf(failed_again_as)}`,
  lost: ({ lost_because }: ShownLetter) =>
    lost_because === 'too_large'
      ? 'lost: the topic does not take it any more, it is too large'
      : 'lost: the log does not have its bytes any more',
  erased: () => 'erased: its visitor or customer was',
} as const;

const bytesText = (bytes: ShownLetter['value'], stub: ShownLetter['stub']): string => {
  if (bytes !== null) return bytes.encoding === 'utf8' ? plain(bytes.data) : `base64: ${bytes.data}`;
  if (stub === null) return '(none: the record had no value)';
  return `(too large for the dead-letter topic: ${printCount(stub.bytes)} bytes, SHA-256 ${stub.sha256};\n a replay reads them at their origin, as long as the log has them)`;
};

/** One letter for a person, in lines of `width`; the value as it was sent. */
export const letterText = (letter: ShownLetter, width: number): string => {
  const { reason, field, message, remedy, topic, topic_epoch, partition, offset, key, value, stub } = letter;
  return [
    ...line('Letter', letter.id, width),
    ...line('State', STATE_WORDS[letter.state](letter), width),
    ...(letter.replay_of === null ? [] : line('Replay of', letter.replay_of, width)),
    ...line('Reason', field === '' ? reason : `${reason}, at ${field}`, width),
    ...line('', message, width),
    ...line('What to do', remedy, width),
    ...line('Store', letter.store_id === '' ? '(it names none)' : letter.store_id, width),
    ...line('Set aside', `${time(letter.set_aside_at)} UTC`, width),
    ...line(
      'Received',
      letter.received_at === null
        ? '(no time)'
        : `${time(letter.received_at)} UTC${letter.imported ? ', imported' : ''}`,
      width,
    ),
    ...line('Origin', `${topic} (${topic_epoch}), partition ${partition}, offset ${offset}`, width),
    ...line('Key', key === null ? '(none)' : bytesText(key, null), width),
    `Value, ${printCount(letter.bytes)} bytes:`,
    bytesText(value, stub),
  ].join('\n');
};
