/** Figures for people as a table, for programs (--json) as JSON. */
import { machine, type Spread } from './machine.ts';

export type Row = { what: string; unit: string } & Spread;

const digits = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** `more`: what the JSON object has beside the figures. */
export const print = (
  title: string,
  rows: readonly Row[],
  notes: Record<string, unknown>,
  json: boolean,
  more: Record<string, unknown> = {},
): void => {
  const about = { ...machine(), ...notes };
  if (json) {
    console.log(JSON.stringify({ bench: title, machine: about, figures: rows, ...more }));
    return;
  }
  console.log(`\n${title}`);
  console.table(
    Object.fromEntries(
      rows.map(({ what, unit, median, least, most }) => [
        what,
        { median: digits(median), least: digits(least), most: digits(most), unit },
      ]),
    ),
  );
  console.log(JSON.stringify(about));
};
