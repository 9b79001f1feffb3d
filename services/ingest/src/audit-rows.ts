import { bigInteger, type ClickHouse, defineQuery } from '@cartledger/clickhouse';
import { z } from 'zod';

/** Offsets looked for by one statement. */
export const WINDOW = 200_000;
/** Offsets that come in one row of its answer. */
const IN_A_ROW = 10_000;

/** Where the deliveries of a window lie in `events`: a row each of what was written, of whatever is not merged away yet. */
const deliveriesOfWindow = defineQuery({
  name: 'audit_deliveries',
  sql: `SELECT groupArray(toUInt32(log_offset - {from:UInt64})) AS places, groupArray(toString(payload)) AS payloads,
      groupArray(toUInt8(several)) AS several_keys
    FROM (
      SELECT log_offset, any(payload_hash) AS payload, min(identity) != max(identity) AS several
      FROM (
        SELECT log_offset, payload_hash, cityHash64(store_id, visitor_hash, event_hash, toYYYYMM(occurred_at)) AS identity
        FROM events
        WHERE log_epoch = {epoch:String} AND log_partition = {partition:UInt32}
          AND log_offset >= {from:UInt64} AND log_offset < {to:UInt64}
      )
      GROUP BY log_offset
    )
    GROUP BY intDiv(log_offset - {from:UInt64}, ${IN_A_ROW})`,
  params: z.object({ epoch: z.string(), partition: z.number(), from: z.bigint(), to: z.bigint() }),
  row: z.object({
    places: z.array(z.number()),
    payloads: z.array(z.string()),
    several_keys: z.array(z.number()),
  }),
});

/** What `events` says about a window of offsets. */
type Window = {
  /** The hash of the payload that the row of this offset was made of; undefined: no row is of this offset. */
  payloadAt(offset: bigint): bigint | undefined;
  /** Rows of several events were made of this one delivery. */
  severalAt(offset: bigint): boolean;
  readonly rows: number;
};

/** Reads at most WINDOW offsets from `from` on: 10 bytes each in memory. */
export const readWindow = async (
  clickhouse: Pick<ClickHouse, 'stream'>,
  asked: { epoch: string; partition: number; from: bigint; to: bigint },
): Promise<Window> => {
  const length = Number(asked.to - asked.from);
  const payloads = new BigUint64Array(length);
  /** 0: no row, 1: of one event, 2: of several. */
  const found = new Uint8Array(length);
  let rows = 0;
  for await (const row of clickhouse.stream(deliveriesOfWindow, asked)) {
    for (const [index, place] of row.places.entries()) {
      payloads[place] = BigInt(row.payloads[index] ?? 0);
      found[place] = row.several_keys[index] === 1 ? 2 : 1;
      rows += 1;
    }
  }
  const place = (offset: bigint): number => Number(offset - asked.from);
  return {
    payloadAt: (offset) => ((found[place(offset)] ?? 0) === 0 ? undefined : payloads[place(offset)]),
    severalAt: (offset) => found[place(offset)] === 2,
    rows,
  };
};

/** What names an event in `events`. */
export type EventKey = { store_id: string; visitor_hash: bigint; event_hash: bigint; month: number };

/** The kept deliveries of events. As three arrays: a list of tuples would be text over the limit of one parameter. */
const keptOfKeys = defineQuery({
  name: 'audit_kept',
  sql: `SELECT store_id, visitor_hash, event_hash, toYYYYMM(occurred_at) AS month,
      toUnixTimestamp64Milli(received_at) AS received_ms, payload_hash, log_epoch, log_partition, log_offset
    FROM events FINAL
    WHERE (store_id, visitor_hash, event_hash) IN (
      SELECT arrayJoin(arrayZip({stores:Array(String)}, {visitors:Array(UInt64)}, {events:Array(UInt64)})) AS key
    )`,
  params: z.object({ stores: z.array(z.string()), visitors: z.array(z.bigint()), events: z.array(z.bigint()) }),
  row: z.object({
    store_id: z.string(),
    visitor_hash: bigInteger,
    event_hash: bigInteger,
    month: z.number(),
    received_ms: z.coerce.number(),
    payload_hash: bigInteger,
    log_epoch: z.string(),
    log_partition: z.number(),
    log_offset: bigInteger,
  }),
});

export type Kept = z.output<typeof keptOfKeys.row>;

const textOf = ({ store_id, visitor_hash, event_hash, month }: EventKey): string =>
  `${store_id} ${visitor_hash} ${event_hash} ${month}`;

/** The kept delivery of each event, in the order asked; undefined where `events` has no such event. */
export const readKept = async (
  clickhouse: Pick<ClickHouse, 'query'>,
  keys: readonly EventKey[],
): Promise<(Kept | undefined)[]> => {
  if (keys.length === 0) return [];
  const rows = await clickhouse.query(keptOfKeys, {
    stores: keys.map(({ store_id }) => store_id),
    visitors: keys.map(({ visitor_hash }) => visitor_hash),
    events: keys.map(({ event_hash }) => event_hash),
  });
  const byKey = new Map(rows.map((row) => [textOf(row), row]));
  return keys.map((key) => byKey.get(textOf(key)));
};
