import { isUtf8 } from 'node:buffer';
import type { DeadLetter } from '@cartledger/event-log';
import type { ShownLetter } from '@cartledger/operations';
import { summaryOf } from './letter-page.ts';
import type { LetterEntry, Letters } from './letters.ts';
import { remedyFor } from './remedies.ts';
import type { LetterState } from './replay-run.ts';

/** Bytes as they are: text where they are text, else base64. */
const bytesOf = (bytes: Buffer | null): ShownLetter['value'] => {
  if (bytes === null) return null;
  return isUtf8(bytes)
    ? { encoding: 'utf8', data: bytes.toString('utf8') }
    : { encoding: 'base64', data: bytes.toString('base64') };
};

/** A letter with its bytes, why it is one, and what to do about it. */
export const letterAnswer = (
  entry: LetterEntry,
  letter: DeadLetter,
  letters: Letters,
  state: Exclude<LetterState, { state: 'erased' }>,
): ShownLetter => {
  const again = letters.failedAgain(entry.id);
  return {
    ...summaryOf(entry, letters, state),
    topic: letter.origin.topic,
    message: letter.reason.message,
    remedy: remedyFor(entry.code),
    received_at: letter.received_at === null ? null : new Date(letter.received_at).toISOString(),
    imported: letter.imported,
    key: bytesOf(letter.key),
    value: bytesOf(letter.value),
    stub: letter.stub,
    replay: state.state === 'open' ? null : state.run.id,
    lost_because: state.state === 'lost' ? state.why : null,
    failed_again_as: again?.id ?? null,
  };
};
