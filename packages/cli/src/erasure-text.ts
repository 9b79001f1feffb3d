import type { Erasure, HeldOfSubject } from '@cartledger/operations';
import { type Column, table } from './output.ts';
import { printCount } from './span.ts';

export const STATE_WORDS: Record<Erasure['state'], string> = {
  marking: 'writing tombstones',
  settling: 'waiting until every worker knows them',
  deleting: 'deleting events',
  recomputing: 'waiting for the ledgers',
  purging: 'removing what was superseded',
  closing: 'writing the receipt',
  done: 'done',
};

const HELD_WORDS: Record<keyof HeldOfSubject, string> = {
  visitors: 'visitors',
  other_customers: 'other customers that they name',
  events: 'rows of events',
  carts: 'carts that they name',
  orders: 'orders that they name',
  ledger_rows: 'ledger rows computed anew or removed',
  dead_letters: 'dead letters, neither shown nor replayed any more',
};
const ORDER = ['visitors', 'other_customers', 'events', 'carts', 'orders', 'ledger_rows', 'dead_letters'] as const;

const HELD_COLUMNS: readonly Column[] = [{ name: 'held' }, { name: 'count', align: 'right' }];

export const heldTable = (held: HeldOfSubject): string =>
  table(
    HELD_COLUMNS,
    ORDER.map((name) => [HELD_WORDS[name], printCount(held[name])]),
  );

/** `2026-11-22 10:00:00`, UTC. */
const time = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const copiesLine = ({ topic, gone_by, warning }: Erasure['copies'][number]): string =>
  gone_by === null
    ? `The log's copies in ${topic} do not go by themselves: ${warning}.`
    : `The log's copies in ${topic} are gone by ${time(gone_by)} UTC; until then they are read by nobody who keeps them.`;

/** The receipt, for a person. */
export const receiptText = (erasure: Erasure): string => {
  const { subject, subject_hash, store_id, up_to, state, erased, copies, files_gone_by, hashes_gone_by } = erasure;
  return [
    `Erasure ${erasure.erasure}: ${subject} ${subject_hash} of store ${store_id}, up to ${time(up_to)} UTC, by key ${erasure.by}`,
    erasure.ended_at === null ? `Not ended: ${STATE_WORDS[state]}` : `Ended ${time(erasure.ended_at)} UTC`,
    ...(erased === null ? [] : [heldTable(erased)]),
    ...copies.map(copiesLine),
    ...(files_gone_by === null ? [] : [`ClickHouse has removed the files that held it by ${time(files_gone_by)} UTC.`]),
    ...(hashes_gone_by === null ? [] : [`Hashes of touched visitors are gone by ${time(hashes_gone_by)} UTC.`]),
    ...(erasure.ended_at === null ? [] : ['Backups and exports that were made before are yours to look after.']),
  ].join('\n');
};

const COLUMNS: readonly Column[] = [
  { name: 'erasure', align: 'right' },
  { name: 'store' },
  { name: 'subject' },
  { name: 'hash' },
  { name: 'up to (UTC)' },
  { name: 'state' },
  { name: 'visitors', align: 'right' },
  { name: 'events', align: 'right' },
  { name: 'copies gone by (UTC)' },
  { name: 'by key' },
];

const lastCopy = ({ ended_at, copies }: Erasure): string | null => {
  if (ended_at === null) return null;
  const times = copies.map(({ gone_by }) => gone_by);
  return times.includes(null)
    ? 'never'
    : time(
        times
          .flatMap((at) => at ?? [])
          .toSorted((a, b) => (a < b ? -1 : 1))
          .at(-1) ?? '',
      );
};

export const erasuresTable = (erasures: readonly Erasure[]): string =>
  table(
    COLUMNS,
    erasures.map((each) => [
      each.erasure,
      each.store_id,
      each.subject,
      each.subject_hash,
      time(each.up_to),
      each.state,
      each.erased === null ? null : printCount(each.erased.visitors),
      each.erased === null ? null : printCount(each.erased.events),
      lastCopy(each),
      each.by,
    ]),
  );
