import type { Told } from '@cartledger/control';
import { type PartitionWord, partitionWord } from '@cartledger/operations';
import type { AssignedPartition } from './readiness.ts';

/** Workers tell twice a second: of one that was not heard of for so long nobody knows what it does. */
const SILENT_MS = 15_000;

/** What the partition does, in words of a closed list, and why. */
const doingOf = ({ state }: AssignedPartition): Pick<PartitionWord, 'state' | 'since' | 'why'> => {
  const since = new Date(state.since).toISOString();
  if (state.name === 'reading') return { state: state.name, since, why: null };
  if (state.name === 'waiting') return { state: state.name, since, why: { step: state.step, code: state.code } };
  return {
    state: state.name,
    since,
    why: {
      code: state.code,
      message: state.message,
      first_offset: Number(state.first),
      last_offset: Number(state.last),
    },
  };
};

/** What the worker that has a partition says of it. */
export const wordOf = (one: AssignedPartition): PartitionWord => ({
  topic_epoch: one.topicEpoch,
  assignment_epoch: one.assignmentEpoch,
  ...doingOf(one),
});

/** What another worker told of a partition; null when that is too long ago, or of a version that tells other things. */
export const readWord = ({ at, word }: Told, now: number): PartitionWord | null => {
  if (now - at > SILENT_MS) return null;
  return partitionWord.safeParse(word).data ?? null;
};
