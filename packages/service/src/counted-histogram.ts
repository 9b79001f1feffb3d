import type { Histogram } from 'prom-client';

/**
 * A histogram for observations by the ten thousand: who makes them counts them by bucket, and adds the counts at once.
 * Observing each by itself would cost more than an event's row.
 */
export type CountedHistogram = {
  /** Upper bounds of the buckets, rising; what is above the last has a bucket of its own. */
  readonly bounds: readonly number[];
  /** `counts`: observations in each bucket, `bounds.length + 1` of them; `sum`: of what was observed. */
  add(counts: Iterable<number>, sum: number): void;
};

/** Makes a registered histogram show what is added here, and nothing else. */
export const countedHistogram = (
  histogram: Histogram,
  { name, help, bounds }: { name: string; help: string; bounds: readonly number[] },
): CountedHistogram => {
  const inBucket = new Array<number>(bounds.length + 1).fill(0);
  let sumOfAll = 0;

  const values = () => {
    let upTo = 0;
    const sharedLabels = {};
    const buckets = [...bounds, '+Inf'].map((le, i) => {
      upTo += inBucket[i] ?? 0;
      return { labels: { le }, sharedLabels, value: upTo, metricName: `${name}_bucket` };
    });
    return [
      ...buckets,
      { labels: {}, sharedLabels, value: sumOfAll, metricName: `${name}_sum` },
      { labels: {}, sharedLabels, value: upTo, metricName: `${name}_count` },
    ];
  };

  // What the text of a scrape, and everything else that the registry answers, is made from.
  Object.assign(histogram, {
    getForPromString: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: values() }),
  });

  return {
    bounds,
    add: (counts, sum) => {
      let i = 0;
      for (const count of counts) {
        inBucket[i] = (inBucket[i] ?? 0) + count;
        i += 1;
      }
      sumOfAll += sum;
    },
  };
};
