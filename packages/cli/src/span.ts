const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** A time span for people, in its largest unit of which there are two: `95 s`, `3 min`, `26 h`, `5 d`. */
export const printSpan = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['s', 1];
  return `${Math.round(seconds / size)} ${unit}`;
};

const decimal = new Intl.NumberFormat('en-US');

/** `1,234,567`. */
export const printCount = (n: number): string => decimal.format(n);
