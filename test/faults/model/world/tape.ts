import { createRandom } from '@cartledger/funnel/testing';

/**
 * Every decision of a seed, as small integers. 0 is always what happens without a fault, or "the oldest first": so a
 * shorter or lower tape is a simpler story, and a tape of zeros one without any fault.
 */
export type Tape = {
  /** An index of `weights`, whole numbers of which the first, the harmless one, is above 0. `what` names the decision. */
  pick(weights: readonly number[], what: string): number;
  /** [0, n). */
  below(n: number, what: string): number;
  /** What was drawn so far. */
  readonly values: readonly number[];
};

/** Draws by a seed; `first` are what is drawn first, whatever the seed says. */
export const recordingTape = (seed: number, first: readonly number[] = []): Tape => {
  const random = createRandom(seed);
  const values: number[] = [];
  const keep = (drawn: number): number => {
    const value = first[values.length] ?? drawn;
    values.push(value);
    return value;
  };
  return {
    pick: (weights) => {
      let left = random.below(weights.reduce((sum, weight) => sum + weight, 0));
      const drawn = weights.findIndex((weight) => {
        left -= weight;
        return left < 0;
      });
      return keep(Math.max(0, drawn));
    },
    below: (n) => keep(random.below(n)) % n,
    values,
  };
};

/** Plays a tape again. What is not possible where it stands now, and everything behind its end, is 0. */
export const replayTape = (played: readonly number[]): Tape => {
  const values: number[] = [];
  const keep = (value: number): number => {
    values.push(value);
    return value;
  };
  return {
    pick: (weights) => {
      const value = played[values.length] ?? 0;
      return keep((weights[value] ?? 0) > 0 ? value : 0);
    },
    below: (n) => keep((played[values.length] ?? 0) % n),
    values,
  };
};
