/** Canonical events as NDJSON: one event's JSON a line, taken as it is, with its `received_at`. */
import { MAX_EVENT_BYTES } from '@cartledger/events';
import { type Converted, type DialectOptions, type ImportEvent, unconverted } from './converted.ts';
import { readLines } from './lines.ts';

const isObject = (value: unknown): value is ImportEvent =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseJson = (text: string): { value: unknown } | null => {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch {
    return null;
  }
};

/** Blank lines are skipped. An event keeps every field it has; one without `store_id` gets that of the options. */
export async function* canonical(
  input: AsyncIterable<Uint8Array>,
  { store_id }: Pick<DialectOptions, 'store_id'>,
): AsyncGenerator<Converted> {
  for await (const line of readLines(input, MAX_EVENT_BYTES)) {
    if (!line.ok) {
      const message = line.problem === 'too_large' ? `over ${MAX_EVENT_BYTES} bytes; send less` : 'is not UTF-8';
      yield unconverted(line.number, line.problem, message);
      continue;
    }
    if (line.text.trim() === '') continue;
    const parsed = parseJson(line.text);
    if (parsed === null) yield unconverted(line.number, 'malformed_json', 'is not JSON; write one event a line');
    else if (!isObject(parsed.value)) yield unconverted(line.number, 'not_an_object', 'is not a JSON object');
    else yield { ok: true, event: { store_id, ...parsed.value }, line: line.number };
  }
}
