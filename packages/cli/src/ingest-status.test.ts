import { expect, test } from 'vitest';
import { statusText } from './ingest-status.ts';
import { PARTITION, RECEIPT, STATUS } from './testing/canned-ingest.ts';

const status = { ...STATUS, at: '2026-11-01T10:03:00.000Z' };

test('a partition that reads is a line', () => {
  const [title, ...lines] = statusText(status).split('\n');
  expect(title).toBe('storefront-events (abc), group cartledger-ingest: ready');
  expect(lines.find((line) => line.includes('1,234,567'))?.split(/[│ ]+/)).toEqual([
    '',
    '0',
    'reading',
    '3',
    'min',
    '1,234,567',
    '1,234,600',
    '33',
    '2',
    's',
    '3',
    'host/7',
    '2',
    's',
    '',
  ]);
});

test('a partition that is drained says so', () => {
  const text = statusText({ ...status, draining_since: status.at, partitions: [{ ...PARTITION, state: 'drained' }] });
  expect(text).toMatch(/│ drained +│/);
  expect(text).not.toContain('reading');
});

test('why a partition does not read is told below, with what to do', () => {
  const text = statusText({
    ...status,
    ready: false,
    reason: 'waiting for events for 180 s: TOO_MANY_PARTS',
    partitions: [
      { ...PARTITION, state: 'waiting', why: { step: 'events', code: 'TOO_MANY_PARTS' } },
      {
        ...PARTITION,
        partition: 1,
        state: 'blocked',
        why: { code: 'unexpected', message: 'TypeError: no\u001b[2J', first_offset: 10, last_offset: 20 },
      },
      { ...PARTITION, partition: 2, state: 'unknown', since: null, assignment_epoch: null, told_at: null },
    ],
    quarantined: [{ ...RECEIPT, last_offset: 5 }],
  });
  expect(text).toContain('group cartledger-ingest: not ready: waiting for events for 180 s: TOO_MANY_PARTS');
  expect(text.split('\n').slice(-5)).toEqual([
    'Partition 0 has waited 3 min for ClickHouse, to write events (TOO_MANY_PARTS).',
    'Partition 1 has been blocked for 3 min at offsets 10 to 20: TypeError: no\uFFFD[2J',
    '  Set what is bad of it aside: cartledger ingest quarantine --partition 1 --from 10 --to 20 --reason TEXT',
    'Set aside:',
    '  q1: partition 1, offset 5, 2026-11-01T10:00:00Z by key key1: it ends the process',
  ]);
});
