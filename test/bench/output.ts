/** Figures for people as a table, for programs (--json) as JSON. */
import { machine, type Spread } from './machine.ts';

type Row = { what: string; unit: string } & Spread;

const digits = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

export const print = (title: string, rows: readonly Row[], notes: Record<string, unknown>, json: boolean): void => {
  const about = { ...machine(), ...notes };
  if (json) {
    console.log(JSON.stringify({ bench: title, machine: about, figures: rows }));
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
