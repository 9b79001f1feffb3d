import type { Sent } from '../shop.ts';
import type { World } from '../world/scheduler.ts';
import { identityOfRow, intakeCounts, keyOfRow, type Letter, type Row } from './state.ts';
import type { Delivery } from './truth.ts';

export type EndState = {
  deliveries: readonly Delivery[];
  sent: readonly Sent[];
  /** events FINAL */
  events: readonly Row[];
  letters: readonly Letter[];
  /** intake FINAL and intake_runs FINAL */
  intake: readonly Row[];
  runs: readonly Row[];
  /** A commit of before a rebalance was kept after it: the one case in which counts are not exact. */
  hasSlipped: boolean;
};

type Fail = World['fail'];

/** O1: what was answered as taken is in the log; every other answer is the verdict's. */
const answersHold = (fail: Fail, { deliveries, sent }: EndState): void => {
  const logged = new Set(
    deliveries.flatMap(({ event }) => (event === null ? [] : [`${event.store_id} ${event.event_id}`])),
  );
  for (const { way, answer, verdict, event_id, store_id, n } of sent) {
    if (way === 'topic' || answer === null) continue;
    const name = `delivery ${n} (${verdict})`;
    const isTaken = verdict === 'good' || verdict === 'poison';
    if (answer !== (isTaken ? 202 : verdict)) fail('answer', `${name} was answered ${answer}`);
    if (answer === 202 && !logged.has(`${store_id} ${event_id}`))
      fail('lost', `${name} was answered 202 and is not in the log`);
  }
};

const version = ({ received_at, payload_hash }: Delivery): [number, bigint] => [received_at, payload_hash];

const isBefore = (a: Delivery, b: Delivery): boolean => {
  const [[receivedA, hashA], [receivedB, hashB]] = [version(a), version(b)];
  return receivedA < receivedB || (receivedA === receivedB && hashA < hashB);
};

/** O2 and O3: of each event just one row, that of its smallest delivery, and no row of anything else. */
const eventsHold = (fail: Fail, { deliveries, events, letters }: EndState): void => {
  const rows = new Map<string, Row>();
  for (const row of events) {
    const key = keyOfRow(row);
    if (rows.has(key)) fail('twice', `event ${key} is kept twice`);
    rows.set(key, row);
  }
  const byIdentity = new Map(deliveries.map((delivery) => [delivery.identity, delivery]));
  const good = Map.groupBy(
    deliveries.filter(({ verdict }) => verdict === 'good'),
    ({ event }) => event?.key ?? '',
  );
  for (const [key, all] of good) {
    const must = all.filter(({ isLost }) => !isLost);
    const row = rows.get(key);
    rows.delete(key);
    if (row === undefined) {
      const [first] = must;
      if (first !== undefined) fail('lost', `event ${key} stands at ${first.identity} and is nowhere`);
      continue;
    }
    const kept = byIdentity.get(identityOfRow(row));
    if (kept === undefined || kept.event?.key !== key)
      fail('origin', `event ${key} says it is of ${identityOfRow(row)}`);
    const smaller = must.find((delivery) => isBefore(delivery, kept));
    if (smaller !== undefined)
      fail('delivery', `event ${key}: kept is ${kept.identity}, and ${smaller.identity} came before`);
    if (BigInt(String(row.payload_hash)) !== kept.payload_hash || Number(row.received_at) !== kept.received_at)
      fail('delivery', `event ${key} is not what stands at ${kept.identity}`);
  }
  for (const [key, row] of rows) fail('invented', `event ${key} of ${identityOfRow(row)} is kept, and should not be`);
  if (letters.length === 0 && events.length === 0 && deliveries.some(({ isLost }) => !isLost))
    fail('lost', 'nothing is anywhere');
};

/** O4: just what cannot be taken in is a dead letter, whole and with its reason. */
const lettersHold = (fail: Fail, { deliveries, letters }: EndState): void => {
  const byIdentity = new Map(letters.map((letter) => [letter.identity, letter]));
  const bad = new Map(deliveries.filter(({ verdict }) => verdict !== 'good').map((one) => [one.identity, one]));
  for (const [identity, { verdict, isLost, entry }] of bad) {
    const letter = byIdentity.get(identity);
    if (letter === undefined) {
      if (!isLost) fail('letter lost', `${identity} (${verdict}) is no dead letter`);
      continue;
    }
    const code = verdict === 'poison' ? 'store_refused' : verdict;
    if (letter.reason.code !== code) fail('letter', `${identity} (${verdict}) is dead by ${letter.reason.code}`);
    const { value } = entry.record;
    const isWhole =
      letter.value === null ? value === null || letter.stub !== null : value !== null && letter.value.equals(value);
    if (!isWhole) fail('letter', `the dead letter of ${identity} has other bytes`);
  }
  for (const { identity, reason } of letters)
    if (!bad.has(identity)) fail('letter invented', `${identity} is dead by ${reason.code}, and is good or nothing`);
};

const QUARTER_MS = 900_000;

/** O5: each delivery is counted once. */
const countsHold = (fail: Fail, { deliveries, intake, runs }: EndState): void => {
  const counts = intakeCounts(intake, runs);
  const must = new Map<string, number>();
  const may = new Map<string, number>();
  for (const { verdict, store_id, received_at, isLost } of deliveries) {
    const code = verdict === 'poison' ? 'store_refused' : verdict;
    const measure = verdict === 'good' ? 'delivered' : `rejected:${code}`;
    const key = `${store_id} ${new Date(received_at - (received_at % QUARTER_MS)).toISOString().slice(0, 16)} ${measure}`;
    const sums = isLost ? may : must;
    sums.set(key, (sums.get(key) ?? 0) + 1);
  }
  const seen = [...counts.keys()].filter((key) => /(delivered|rejected:.+)$/.test(key));
  for (const key of new Set([...seen, ...must.keys()])) {
    const [n, least] = [counts.get(key) ?? 0, must.get(key) ?? 0];
    const most = least + (may.get(key) ?? 0);
    if (n < least || n > most)
      fail('counts', `${key}: ${n} counted of ${least === most ? least : `${least} to ${most}`}`);
  }
};

/** What users see when all is over. */
export const judgeEnd = (fail: Fail, state: EndState): void => {
  answersHold(fail, state);
  eventsHold(fail, state);
  lettersHold(fail, state);
  if (!state.hasSlipped) countsHold(fail, state);
};
