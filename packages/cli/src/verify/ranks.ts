/** Medians and the like are checked by rank: no list of the values has to be kept. */

/** Of a reported quantile: how many values there are, how many are smaller, how many are not larger. */
export type Rank = { reported: number | null; percent: 50 | 90; values: number; below: number; atMost: number };

export const createRank = (reported: number | null, percent: 50 | 90): Rank => ({
  reported,
  percent,
  values: 0,
  below: 0,
  atMost: 0,
});

export const countRank = (rank: Rank, values: readonly number[]): void => {
  rank.values += values.length;
  const { reported } = rank;
  if (reported === null) return;
  for (const value of values) {
    if (value < reported) rank.below++;
    if (value <= reported) rank.atMost++;
  }
};

/** Quantile p of n values is the sorted value at position ceil(p n), null at n = 0. */
export const isRight = ({ reported, percent, values, below, atMost }: Rank): boolean => {
  if (values === 0 || reported === null) return values === 0 && reported === null;
  const position = Math.ceil((percent * values) / 100);
  return below < position && position <= atMost;
};

/** What is known of the right value, for who reads that the reported one is wrong. */
export const rightOf = ({ percent, values, below, atMost }: Rank): string =>
  values === 0
    ? 'null (there are no values)'
    : `value number ${Math.ceil((percent * values) / 100)} of ${values}, of which ${below} are smaller and ${atMost} not larger`;
