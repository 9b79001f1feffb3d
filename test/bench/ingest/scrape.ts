/** What a page of /metrics says. */

const lines = (text: string, name: string): { labels: string; value: number }[] =>
  [...text.matchAll(new RegExp(`^${name}(?:\\{([^}]*)\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value]) => ({
    labels,
    value: Number(value),
  }));

/** The sum over all labels; 0 when there is no such metric. */
export const sampleOf = (text: string, name: string): number =>
  lines(text, name).reduce((sum, { value }) => sum + value, 0);

/** How many observations a histogram without labels has up to each bound. */
type Cumulative = { bound: number; count: number }[];

export const bucketsOf = (text: string, name: string): Cumulative =>
  lines(text, `${name}_bucket`).map(({ labels, value }) => {
    const bound = /le="([^"]+)"/.exec(labels)?.[1];
    return { bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count: value };
  });

/** The bucket that holds the share `p` of what was observed between two scrapes; null when nothing was. */
export const quantileBucket = (
  before: Cumulative,
  after: Cumulative,
  p: number,
): { above: number; upTo: number } | null => {
  const counts = after.map(({ bound, count }, i) => ({ bound, count: count - (before[i]?.count ?? 0) }));
  const total = counts.at(-1)?.count ?? 0;
  const at = counts.findIndex(({ count }) => count >= total * p);
  const found = counts[at];
  if (total === 0 || found === undefined) return null;
  return { above: counts[at - 1]?.bound ?? 0, upTo: found.bound };
};
