import { createBlockEncoder } from '@cartledger/clickhouse';
import { type LogRecord, packRecords } from '@cartledger/event-log';
import { createHasher, MAX_AHEAD_MS } from '@cartledger/events';
import { createSimulator, DEMO_STORES } from '@cartledger/simulator';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_COLUMNS, toEventRow } from '../event-row.ts';
import { createTakeIn } from '../take-in.ts';
import { createEventBlocks } from './event-block.ts';
import { createKnownStores } from './known-stores.ts';
import { clearRows, createRows } from './rows.ts';
import { createScanner } from './scanner.ts';
import { createSlowRows } from './slow-row.ts';
import { everyOddMember, everyTwice } from './testing/every-odd-member.ts';
import { goodMembers, oddEvents } from './testing/odd-events.ts';
import { oddRecords, toBytes } from './testing/odd-records.ts';
import { type Members, NOW, object } from './testing/odd-values.ts';

const EPOCH = 'epoch';
const SEED = 20_261_123;
const simulated = DEMO_STORES.map(({ store_id }) => store_id);
const stores = {
  get: (id: string) => (id === 'demo' || id === 'other_1' || simulated.includes(id) ? { maxAgeDays: 400 } : undefined),
};

const hasher = await createHasher();
const takeIn = createTakeIn({ stores, now: () => NOW });
const rows = createRows();
const known = createKnownStores(stores, rows);
const scanner = createScanner(rows, known, hasher);
const slow = createSlowRows(rows, hasher);
const blocks = createEventBlocks();
const encoder = createBlockEncoder(EVENT_COLUMNS);

const begin = (): void => {
  clearRows(rows);
  known.forget();
  slow.forget();
};

const inOrder = (): Int32Array => Int32Array.from({ length: rows.count }, (_, row) => row);

/** The block of what is in `rows`, in their order. */
const blockOfRows = async (): Promise<Buffer> => (await blocks.encode(rows, inOrder(), EPOCH, 3)).bytes;

/** The block that the plain way makes of these records: JSON.parse, parseEvent, an object a row, each value checked. */
const plainBlock = (records: readonly LogRecord[]): Buffer => {
  for (const record of records) {
    const taken = takeIn(record);
    if (taken.outcome !== 'accepted') throw new Error(`taken as good: ${record.value}: ${taken.rejection.message}`);
    encoder.append(toEventRow(taken, { hasher, topicEpoch: EPOCH }));
  }
  return encoder.finish().bytes;
};

/** The records that the scanner takes, by index; their block is that of the plain way. */
const scanned = async (records: readonly LogRecord[]): Promise<number[]> => {
  begin();
  const packed = packRecords(records);
  scanner.begin(packed, rows.sources.push(packed.bytes) - 1);
  const taken = records.flatMap((_, index) => (scanner.scan(index, index, NOW + MAX_AHEAD_MS) ? [index] : []));
  expect(rows.count).toBe(taken.length);
  const good = taken.flatMap((index) => records[index] ?? []);
  expect((await blockOfRows()).equals(plainBlock(good))).toBe(true);
  return taken;
};

const record = (offset: number, value: Buffer, headers: Record<string, Buffer> = {}): LogRecord => ({
  partition: 3,
  offset: BigInt(offset),
  timestamp: NOW,
  key: Buffer.from('demo:v1'),
  value,
  headers,
});

const simulatedRecords = (events: number): LogRecord[] => {
  const simulator = createSimulator({ seed: 1, stores: DEMO_STORES, from: NOW - 90 * 86_400_000, to: NOW, events });
  return [...simulator.events()].map(({ received_at, ...event }, offset) =>
    record(offset, Buffer.from(JSON.stringify(event)), {
      'cartledger-received-at': Buffer.from(String(received_at)),
    }),
  );
};

test('of simulated events at least 99 % take the fast way, and their block is the plain way’s byte for byte', async () => {
  const records = simulatedRecords(5_000);
  const taken = await scanned(records);
  expect(taken.length / records.length).toBeGreaterThanOrEqual(0.99);
});

test('what the scanner takes of odd events is what the plain way makes of them; the slow way agrees on every accepted one', async () => {
  let fast = 0;
  let all = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(oddRecords, { minLength: 1, maxLength: 20 }), async (given) => {
      const records = given.map(({ value, headers, timestamp }, offset) => ({
        ...record(offset, value, headers),
        timestamp,
      }));
      fast += (await scanned(records)).length;
      all += records.length;
      begin();
      const accepted = records.filter((one, index) => {
        const taken = takeIn(one);
        if (taken.outcome !== 'accepted') return false;
        slow.add(taken, index, known.numberOf(taken.event.store_id));
        return true;
      });
      expect((await blockOfRows()).equals(plainBlock(accepted))).toBe(true);
    }),
    { seed: SEED, numRuns: 1_500 },
  );
  // Else nothing would have been compared.
  expect(fast / all).toBeGreaterThan(0.2);
  expect(fast / all).toBeLessThan(0.9);
});

test('each odd value at each field, and each field twice, is taken only where the plain way agrees', async () => {
  const replaced = (members: Members, ...added: Members): Members => {
    const names = new Set(added.map(([name]) => name));
    return [...members.filter(([name]) => !names.has(name)), ...added];
  };
  let taken = 0;
  for (const members of fc.sample(goodMembers, { seed: SEED, numRuns: 12 })) {
    const events = [
      ...everyOddMember.map((member) => replaced(members, member)),
      ...everyTwice.map(([name, first, second]) => replaced(members, [name, first], [name, second])),
    ];
    taken += (await scanned(events.map((event, offset) => record(offset, toBytes(object(event)))))).length;
  }
  expect(taken).toBeGreaterThan(1_000);
});

test('a good event with any one of its bytes changed, doubled or left out is taken only where the plain way agrees', async () => {
  const samples = fc.sample(oddEvents({ isGood: true }), { seed: SEED, numRuns: 12 });
  let taken = 0;
  for (const text of samples) {
    const bytes = Buffer.from(text);
    const changed: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at + 1)];
      changed.push(
        Buffer.concat([before, after]),
        Buffer.concat([before, bytes.subarray(at, at + 1), bytes.subarray(at)]),
      );
      for (const byte of [0x20, 0x22, 0x2c, 0x30, 0x39, 0x5c, 0x7d, 0x80, (bytes[at] ?? 0) ^ 1]) {
        changed.push(Buffer.concat([before, Buffer.from([byte]), after]));
      }
    }
    changed.push(...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)));
    taken += (await scanned(changed.map((value, offset) => record(offset, value)))).length;
  }
  expect(taken).toBeGreaterThan(1_000);
});
