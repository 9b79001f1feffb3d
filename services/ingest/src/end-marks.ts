/** What the end of a partition was at a time; the time is read before the end. */
type Mark = { at: number; end: bigint };

/** Marks kept a partition; beyond it every second one goes, which only makes the answer coarser. */
const MAX_MARKS = 256;

/**
 * Up to when a partition has been taken in, by ends of the log noted earlier: once its position has reached an end,
 * everything appended before that end was read is in the store. No record's own timestamp is believed.
 */
export type EndMarks = {
  /**
   * Notes the end at `at`; answers the latest time up to which everything is taken in, null while none is known. A
   * position that has fallen withdraws what was answered: what lies above it is taken in once more.
   */
  note(partition: number, mark: Mark, position: bigint): number | null;
  /** Forgets what was noted: the topic has another life. */
  clear(): void;
};

export const createEndMarks = (): EndMarks => {
  const partitions = new Map<number, { marks: Mark[]; reached: number | null; position: bigint }>();
  return {
    note(partition, mark, position) {
      const known = partitions.get(partition);
      const state = known === undefined || position < known.position ? { marks: [], reached: null, position } : known;
      state.position = position;
      partitions.set(partition, state);
      state.marks.push(mark);
      const open = state.marks.findIndex(({ end }) => end > position);
      const passed = state.marks.splice(0, open === -1 ? state.marks.length : open);
      state.reached = passed.at(-1)?.at ?? state.reached;
      if (state.marks.length > MAX_MARKS) state.marks = state.marks.filter((_, i) => i % 2 === 0);
      return state.reached;
    },
    clear: () => partitions.clear(),
  };
};
