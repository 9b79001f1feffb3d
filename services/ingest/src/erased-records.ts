import type { Hasher } from '@cartledger/events';
import type { Erased } from './erased.ts';
import type { RowSet } from './scan/rows.ts';
import { withoutErased } from './scan/without-erased.ts';
import { subjectOf } from './subject.ts';
import type { Rejected } from './take-in.ts';

/** What of a batch nobody may keep: neither as an event nor as a dead letter. */
export type ErasedRecords = {
  /** Resolves when the tombstones are known that were there a few seconds ago; throws when control fails. */
  fresh(): Promise<void>;
  leaveOut(accepted: RowSet, rejected: Rejected[]): { accepted: RowSet; rejected: Rejected[]; dropped: number };
};

export const createErasedRecords = (
  { erased, hasher }: { erased: Erased; hasher: Hasher },
  { maxAgeMs }: { maxAgeMs: number },
): ErasedRecords => {
  const isErased = ({ record, rejection, received_at }: Rejected): boolean => {
    // What an operator has set aside stays unread.
    const { key, value } = rejection.code === 'quarantined' ? { key: record.key, value: null } : record;
    return erased.has(subjectOf({ key, value }, received_at, hasher));
  };
  return {
    fresh: () => erased.freshWithin(maxAgeMs),
    leaveOut: (accepted, rejected) => {
      const rows = withoutErased(accepted, erased, hasher);
      const letters = erased.isEmpty ? rejected : rejected.filter((each) => !isErased(each));
      const dropped = accepted.order.length - rows.order.length + rejected.length - letters.length;
      return { accepted: rows, rejected: letters, dropped };
    },
  };
};
