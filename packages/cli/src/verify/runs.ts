/** Consecutive events of one visitor in the export. */
export type Run = {
  /** In bytes, from the beginning of its first line to the end of its last. */
  start: number;
  end: number;
  events: number;
  /** A name that hangs together with all of the run's. */
  node: number;
};

export type Runs = {
  readonly count: number;
  at(run: number): Run;
  push(run: Run): void;
};

const FIELDS = 4;

/** Runs as numbers side by side: 32 bytes each. */
export const createRuns = (): Runs => {
  let numbers = new Float64Array(FIELDS * 1_024);
  let count = 0;
  const field = (run: number, place: number): number => numbers[FIELDS * run + place] ?? 0;
  return {
    get count() {
      return count;
    },
    at: (run) => ({ start: field(run, 0), end: field(run, 1), events: field(run, 2), node: field(run, 3) }),
    push({ start, end, events, node }) {
      if (FIELDS * count === numbers.length) {
        const larger = new Float64Array(2 * numbers.length);
        larger.set(numbers);
        numbers = larger;
      }
      numbers.set([start, end, events, node], FIELDS * count);
      count++;
    },
  };
};
