import { isUtf8 } from 'node:buffer';
import type { LogRecord } from '@cartledger/event-log';
import { isEventTooLarge, type Rejection, rejection } from '@cartledger/events';

/** The JSON of a record, or why it is none. Invalid UTF-8 is refused rather than mended: ids must stay what they were. */
export const decode = ({ value }: LogRecord): { ok: true; input: unknown } | Rejection => {
  if (value === null) return rejection('malformed_json', '');
  if (isEventTooLarge(value)) return rejection('too_large', '');
  if (!isUtf8(value)) return rejection('malformed_json', '');
  try {
    return { ok: true, input: JSON.parse(value.toString('utf8')) };
  } catch {
    return rejection('malformed_json', '');
  }
};
