import type { SQLOutputValue } from 'node:sqlite';
import type { LogRecord, ProduceRecord } from '../port.ts';

/** Headers as stored: a JSON array of [name, base64], or null when there are none. */
export function encodeHeaders(headers: ProduceRecord['headers']): string | null {
  const entries = Object.entries(headers ?? {});
  if (entries.length === 0) {
    return null;
  }
  return JSON.stringify(
    entries.map(([name, value]) => [name, (typeof value === 'string' ? Buffer.from(value) : value).toString('base64')]),
  );
}

function decodeHeaders(stored: SQLOutputValue | undefined): Record<string, Buffer> {
  if (typeof stored !== 'string') {
    return {};
  }
  const entries: [string, string][] = JSON.parse(stored);
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}

/** A row of `records` as the record it is. */
export function toLogRecord(partition: number, row: Record<string, SQLOutputValue>): LogRecord {
  return {
    partition,
    offset: BigInt(Number(row.offset)),
    timestamp: Number(row.timestamp),
    key: toBuffer(row.key),
    value: toBuffer(row.value),
    headers: decodeHeaders(row.headers),
  };
}

function toBuffer(stored: SQLOutputValue | undefined): Buffer | null {
  return stored instanceof Uint8Array ? Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength) : null;
}
